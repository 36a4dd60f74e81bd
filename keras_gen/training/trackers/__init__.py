"""Experiment trackers: what takes the figures of a run, beside its `metrics.csv`.

A tracker of your own is a class of `Tracker` that is registered under a name, `TRACKERS.register("name", MyTracker)`,
or is named `my_module:MyTracker`. A package is imported when a run is opened with its tracker, and not before.
"""

from keras_gen.registry import Registry
from keras_gen.training.trackers.mlflow_run import MlflowTracker
from keras_gen.training.trackers.tensorboard_events import TensorBoardTracker
from keras_gen.training.trackers.tracker import Epoch, TrackedRun, Tracker
from keras_gen.training.trackers.wandb_run import WandbTracker

TRACKERS: Registry[type[Tracker]] = Registry(
    "log", {"tensorboard": TensorBoardTracker, "wandb": WandbTracker, "mlflow": MlflowTracker}, kind=type[Tracker]
)

__all__ = ["TRACKERS", "Epoch", "MlflowTracker", "TensorBoardTracker", "TrackedRun", "Tracker", "WandbTracker"]
