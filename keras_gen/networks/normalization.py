"""Normalization by name, the same in every family."""

from __future__ import annotations

from typing import Literal

import keras
from keras import layers

from keras_gen.layers import InstanceNormalization
from serving.common.errors import require_among

Normalization = Literal["batch", "instance", "none"]
MOMENTUM, EPSILON = 0.9, 1e-5


def batch_normalization() -> keras.layers.Layer:
    """A layer with the statistics of the global batch, whose averages follow within tens of steps."""
    return layers.BatchNormalization(momentum=MOMENTUM, epsilon=EPSILON, synchronized=True)


def normalized(x: keras.KerasTensor, kind: Normalization) -> keras.KerasTensor:
    """The same values over each channel's mean and deviation: the batch's, the picture's own, or as they are.

    Raises:
        InputError: no such kind.
    """
    require_among(("batch", "instance", "none"), normalization=kind)
    if kind == "none":
        return x
    return (batch_normalization() if kind == "batch" else InstanceNormalization(EPSILON))(x)
