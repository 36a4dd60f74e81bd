"""What a run directory is written by: the callbacks of `keras-gen train`, in their order."""

from __future__ import annotations

import keras

from keras_gen.cli.film import film_frames
from keras_gen.cli.train_data import TrainingData
from keras_gen.cli.train_options import TrainOptions
from keras_gen.training.base import BaseModel
from keras_gen.training.callbacks import (
    Alarms,
    Checkpoints,
    Film,
    FiniteLosses,
    MetricsFile,
    PictureGrid,
    Profile,
    Progress,
    Tracking,
)
from keras_gen.training.film_frames import PointFrames
from keras_gen.training.position import Position
from keras_gen.training.run_directory import RunDirectory
from keras_gen.training.trackers import Tracker
from serving.common.images import to_float
from serving.common.points import is_point

# Pictures in the grid of an epoch, and how many of those larger than SMALL pixels.
PREVIEW, FEW, SMALL = 64, 8, 4096
# Points in a scatter plot.
POINTS = 2000


def training_callbacks(
    model: BaseModel,
    data: TrainingData,
    directory: RunDirectory,
    options: TrainOptions,
    watching: list[keras.callbacks.Callback],
    trackers: list[Tracker],
    position: Position,
) -> list[keras.callbacks.Callback]:
    """All callbacks of a run.

    Args:
        model: which is trained.
        data: of the run, which the pictures of the progress are made of.
        directory: where they write.
        options: of the run.
        watching: callbacks that add figures to an epoch's, before these are written.
        trackers: which are given the epochs.
        position: where training begins.
    """
    profiled = options.execution.profiled_steps()
    saved = options.checkpoints
    alarms = next((one.alarms for one in watching if isinstance(one, Alarms)), ())
    return [
        *([Profile(directory.tensorboard, *profiled)] if profiled else []),
        FiniteLosses(position),
        *watching,
        _pictures(model, data, directory, options.run.seed, options.watching.pictures_every),
        *([_film(model, data, directory, options.run.seed, position)] if options.watching.film else []),
        MetricsFile(directory.metrics_file, position.epochs),
        Tracking(trackers, directory.path, position.epochs, alarms),
        Progress(directory.progress_file, data.steps(), position),
        Checkpoints(
            directory.checkpoints,
            saved.checkpoint_every,
            saved.checkpoint_steps,
            saved.checkpoint_minutes,
            saved.checkpoints_kept,
            position,
        ),
    ]


def _pictures(model: BaseModel, data: TrainingData, directory: RunDirectory, seed: int, every: int) -> PictureGrid:
    height, width, _ = data.image_shape()
    count = POINTS if is_point(data.image_shape()) else PREVIEW if height * width <= SMALL else FEW
    examples = to_float(data.shown.examples.images[:count, :height, :width])
    return PictureGrid(lambda: model.preview(examples, seed), directory.samples, every=every)


def _film(model: BaseModel, data: TrainingData, directory: RunDirectory, seed: int, position: Position) -> Film:
    frames = film_frames(model, data, seed)
    still = frames.still() if isinstance(frames, PointFrames) else None
    return Film(directory.film, frames, position, still)
