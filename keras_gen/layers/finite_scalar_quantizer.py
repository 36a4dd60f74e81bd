"""Numbers rounded to a few levels each: a codebook that nobody has to learn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_gen.layers.vector_quantizer import VectorQuantizer
from serving.common.errors import InputError

# So that the outermost levels can be reached by numbers that are finite.
MARGIN = 1e-3


@keras.saving.register_keras_serializable(package="keras_gen")
class FiniteScalarQuantizer(keras.layers.Layer):
    """Every number of a vector is bounded by a hyperbolic tangent and rounded to one of a few levels.

    All combinations of levels are the codes; their index counts in digits, the first number's the lowest.

    Args:
        levels: how many each number has, each at least 2; as many as numbers in a vector.

    Input: vectors (batch, rows, columns, numbers).

    Output: rounded numbers in [-1, 1], of the same shape, with the gradient passed straight through the rounding; the
    indices, int32 (batch, rows, columns, 1); and zeros in place of a commitment, (batch, rows, columns).

    Raises:
        InputError: no levels, or fewer than two of a number.

    Source: Mentzer et al. 2024, "Finite Scalar Quantization: VQ-VAE Made Simple", section 3 and appendix A.1.
    """

    depth = 1

    def __init__(self, levels: Sequence[int] = (8, 5, 5, 5), **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        if not levels or min(levels) < 2:
            raise InputError(f"`levels` must be whole numbers from 2 on. Received: {list(levels)}.")
        self.levels = tuple(levels)
        self.size = len(self.levels)
        self.codes = math.prod(self.levels)
        self.built = True
        count = np.array(self.levels, np.float64)
        # Of an even number of levels, one more is below zero than above.
        self._half = (count - 1.0) * (1.0 + MARGIN) / 2.0
        self._offset = np.where(count % 2 == 0, 0.5, 0.0)
        self._shift = np.arctanh(self._offset / self._half)
        self._widths = np.array(self.levels) // 2
        self._places = np.cumprod([1, *self.levels[:-1]])

    def call(self, vectors: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor, keras.KerasTensor]:
        bounded = ops.tanh(vectors + _real(self._shift)) * _real(self._half) - _real(self._offset)
        rounded = bounded + ops.stop_gradient(ops.round(bounded) - bounded)
        digits = ops.cast(ops.round(bounded), "int32") + _whole(self._widths)
        codes = ops.sum(digits * _whole(self._places), axis=-1, keepdims=True)
        return rounded / _real(self._widths), codes, ops.zeros_like(vectors[..., 0])

    def vectors_of(self, codes: keras.KerasTensor) -> keras.KerasTensor:
        """The numbers of indices, (..., 1) to (..., numbers)."""
        digits = ops.mod(ops.floor_divide(codes, _whole(self._places)), _whole(self.levels))
        return (ops.cast(digits, "float32") - _real(self._widths)) / _real(self._widths)

    def learning(self, vectors: tf.Tensor) -> list[tuple[VectorQuantizer, tf.Tensor]]:
        """No codebook is learned."""
        return []

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "levels": self.levels}


def _real(values: Any) -> np.ndarray:
    return np.asarray(values, np.float32)


def _whole(values: Any) -> np.ndarray:
    return np.asarray(values, np.int32)
