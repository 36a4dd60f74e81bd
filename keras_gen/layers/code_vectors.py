"""From the latents of a bundle, which are numbers of codes, to the vectors that a decoder sees."""

from __future__ import annotations

from typing import Any, TypeAlias

import keras
from keras import ops

from keras_gen.layers.finite_scalar_quantizer import FiniteScalarQuantizer
from keras_gen.layers.residual_quantizer import ResidualQuantizer
from keras_gen.layers.vector_quantizer import VectorQuantizer

# What replaces vectors by codes.
Quantizer: TypeAlias = VectorQuantizer | FiniteScalarQuantizer | ResidualQuantizer


class CodeVectors(keras.layers.Layer):
    """The vectors of a code map that was written out as one row of numbers.

    Numbers are rounded and brought into the range of the codes, so that any latent means something.

    Args:
        quantizer: whose codes they are.
        grid: (rows, columns) of the map.

    Input: (batch, rows * columns * depth), whole numbers from 0 to codes - 1, as floats or integers.
    Output: (batch, rows, columns, size).
    """

    def __init__(self, quantizer: Quantizer, grid: tuple[int, int], **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.quantizer = quantizer
        self.grid = grid
        self.built = True

    def call(self, latents: keras.KerasTensor) -> keras.KerasTensor:
        whole = ops.cast(ops.clip(ops.round(ops.cast(latents, "float32")), 0.0, self.quantizer.codes - 1.0), "int32")
        return self.quantizer.vectors_of(ops.reshape(whole, (-1, *self.grid, self.quantizer.depth)))
