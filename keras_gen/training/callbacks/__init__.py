"""Keras callbacks that write a run directory. Each of them can also be used on its own with any `fit`."""

from keras_gen.training.alarms import Alarm
from keras_gen.training.callbacks.alarms import Alarms
from keras_gen.training.callbacks.best import BestModel
from keras_gen.training.callbacks.checkpoints import Checkpoints
from keras_gen.training.callbacks.figures import EpochFigures
from keras_gen.training.callbacks.film import Film
from keras_gen.training.callbacks.finite import FiniteLosses, NonFiniteLossError
from keras_gen.training.callbacks.metrics_file import MetricsFile
from keras_gen.training.callbacks.picture_grid import PictureGrid
from keras_gen.training.callbacks.profile import Profile
from keras_gen.training.callbacks.progress import Progress
from keras_gen.training.callbacks.scalars import EpochScalars
from keras_gen.training.callbacks.tracking import Tracking

__all__ = [
    "Alarm",
    "Alarms",
    "BestModel",
    "Checkpoints",
    "EpochFigures",
    "EpochScalars",
    "Film",
    "FiniteLosses",
    "MetricsFile",
    "NonFiniteLossError",
    "PictureGrid",
    "Profile",
    "Progress",
    "Tracking",
]
