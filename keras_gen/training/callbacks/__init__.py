"""Keras callbacks that fill a run directory. Each also works alone, with any `fit`."""

from keras_gen.training.callbacks.checkpoints import EpochCheckpoints
from keras_gen.training.callbacks.finite import FiniteLosses, NonFiniteLossError
from keras_gen.training.callbacks.metrics_file import MetricsFile
from keras_gen.training.callbacks.picture_grid import PictureGrid
from keras_gen.training.callbacks.scalars import EpochScalars

__all__ = ["EpochCheckpoints", "EpochScalars", "FiniteLosses", "MetricsFile", "NonFiniteLossError", "PictureGrid"]
