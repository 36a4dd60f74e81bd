"""Reflection padding."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_gen")
class ReflectionPadding(keras.layers.Layer):
    """Mirrors the image at its borders without repeating the border pixels.

    Input: (batch, height, width, channels), sides greater than `width`; they may be unknown.
    Output: (batch, height + 2 * width, width + 2 * width, channels).

    Args:
        width: pixels on every side.
    """

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width

    def call(self, images: tf.Tensor) -> tf.Tensor:
        around = (self.width, self.width)
        return tf.pad(images, ((0, 0), around, around, (0, 0)), "REFLECT")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, height, width, channels = input_shape
        return batch, *(side and side + 2 * self.width for side in (height, width)), channels

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "width": self.width}
