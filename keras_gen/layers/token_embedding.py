"""Numbers of codes as vectors, each with its place."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gen")
class TokenEmbedding(keras.layers.Layer):
    """A learned vector for each number, plus a learned one for its place.

    Args:
        tokens: how many numbers there are.
        width: length of a vector.

    Input: whole numbers from 0 to tokens - 1, (batch, places); floats, which are not rounded to the type that the
    layer computes in.

    Output: (batch, places, width).
    """

    def __init__(self, tokens: int, width: int, **kwargs: Any) -> None:
        super().__init__(**{"autocast": False, **kwargs})
        self.tokens = tokens
        self.width = width

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        small = keras.initializers.RandomNormal(stddev=0.02)
        self.vectors = self.add_weight(name="vectors", shape=(self.tokens, self.width), initializer=small)
        self.places = self.add_weight(name="places", shape=(input_shape[1], self.width), initializer=small)

    def call(self, tokens: keras.KerasTensor) -> keras.KerasTensor:
        found = ops.take(ops.convert_to_tensor(self.vectors), ops.cast(tokens, "int32"), axis=0)
        return ops.cast(found + ops.convert_to_tensor(self.places), self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape, self.width)

    def compute_output_spec(self, tokens: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor(self.compute_output_shape(tokens.shape), self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "tokens": self.tokens, "width": self.width}
