"""Normalization layers by name, the same in every family."""

from __future__ import annotations

from typing import Literal, get_args

import keras

from keras_gen.layers import BatchNormalization, InstanceNormalization
from serving.common.errors import require_among

Normalization = Literal["batch", "instance", "none"]
MOMENTUM, EPSILON = 0.9, 1e-5


def batch_normalization() -> keras.layers.Layer:
    """Batch normalization over the global batch, with a momentum of tens of training steps."""
    return BatchNormalization(momentum=MOMENTUM, epsilon=EPSILON, synchronized=True)


def normalized(x: keras.KerasTensor, kind: Normalization) -> keras.KerasTensor:
    """Applies `batch` or `instance` normalization to a tensor; `none` returns it unchanged.

    Raises:
        InputError: an unknown name.
    """
    require_among(get_args(Normalization), normalization=kind)
    if kind == "none":
        return x
    return (batch_normalization() if kind == "batch" else InstanceNormalization(EPSILON))(x)
