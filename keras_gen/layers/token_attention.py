"""Self-attention over a row of vectors."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from keras_gen.layers.token_dense import TokenDense
from serving.common.errors import InputError, require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class TokenAttention(keras.layers.Layer):
    """`heads` attentions side by side, in which every place sees all others.

    Args:
        heads: how many; they must divide the width.

    Input and output: (batch, places, width).

    Raises:
        InputError: a width that cannot be shared out.

    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.2.
    """

    def __init__(self, heads: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        require_at_least(1, heads=heads)
        self.heads = heads

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        width = input_shape[-1]
        assert width is not None
        if width % self.heads:
            raise InputError(f"`heads` must divide the width, {width}. Received: {self.heads}.")
        self.projections = TokenDense(3 * width, dtype=self.dtype_policy, name="projections")
        self.joined = TokenDense(width, dtype=self.dtype_policy, name="joined")
        for layer in (self.projections, self.joined):
            layer.build(input_shape)

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        _, places, width = inputs.shape
        size = width // self.heads
        parts = ops.reshape(self.projections(inputs), (-1, places, 3 * self.heads, size))
        queries, keys, values = ops.split(ops.transpose(parts, (0, 2, 1, 3)), 3, axis=1)
        scores = ops.matmul(queries / math.sqrt(size), ops.transpose(keys, (0, 1, 3, 2)))
        attention = ops.cast(ops.softmax(ops.cast(scores, "float32"), axis=-1), values.dtype)
        seen = ops.transpose(ops.matmul(attention, values), (0, 2, 1, 3))
        return self.joined(ops.reshape(seen, (-1, places, width)))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "heads": self.heads}
