"""Vectors as sums of codes, each of what those before it have left."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_gen.layers.vector_quantizer import VectorQuantizer
from serving.common.errors import require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class ResidualQuantizer(keras.layers.Layer):
    """`depth` codebooks one after the other: each quantizes what is left of the vector after those before it.

    Args:
        codes: in each codebook.
        size: length of a code.
        depth: how many codebooks.
        decay: as in `VectorQuantizer`.
        revival: likewise.

    Input: vectors (batch, rows, columns, size).

    Output: the sums of their codes, of the same shape, with the gradient passed straight through; the indices, int32
    (batch, rows, columns, depth); and the sum of the codebooks' commitments, (batch, rows, columns).

    Raises:
        InputError: a value out of range.

    Source: Lee et al. 2022, "Autoregressive Image Generation using Residual Quantization", equations 3 to 6, with a
    codebook for each depth.
    """

    def __init__(
        self, codes: int, size: int, depth: int = 2, decay: float = 0.99, revival: float = 0.05, **kwargs: Any
    ) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        require_at_least(1, depth=depth)
        self.codes = codes
        self.size = size
        self.depth = depth
        self.decay = decay
        self.revival = revival
        self.levels = [VectorQuantizer(codes, size, decay, revival, name=f"level_{level}") for level in range(depth)]
        self.built = True

    def call(self, vectors: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor, keras.KerasTensor]:
        left, codes, commitments = vectors, [], []
        for level in self.levels:
            chosen = level.nearest(left)
            left = left - ops.stop_gradient(level.vectors_of(chosen))
            codes.append(chosen)
            commitments.append(ops.mean(ops.square(left), axis=-1))
        return vectors - ops.stop_gradient(left), ops.concatenate(codes, axis=-1), sum(commitments[1:], commitments[0])

    def vectors_of(self, codes: keras.KerasTensor) -> keras.KerasTensor:
        """The sums of codes, indices (..., depth) to (..., size)."""
        parts = [level.vectors_of(codes[..., index : index + 1]) for index, level in enumerate(self.levels)]
        return sum(parts[1:], parts[0])

    def learning(self, vectors: tf.Tensor) -> list[tuple[VectorQuantizer, tf.Tensor]]:
        """As in `VectorQuantizer`."""
        pairs = []
        for level in self.levels:
            pairs.append((level, vectors))
            vectors = vectors - level.vectors_of(level.nearest(vectors))
        return pairs

    def get_config(self) -> dict[str, Any]:
        names = ("codes", "size", "depth", "decay", "revival")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
