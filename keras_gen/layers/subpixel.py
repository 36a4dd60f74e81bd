"""Pixels made of channels."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_gen")
class SubPixel(keras.layers.Layer):
    """Makes `factor` x `factor` pixels of the channels of each one.

    Input: (batch, height, width, `factor` ** 2 * channels); sides may be unknown.
    Output: (batch, `factor` * height, `factor` * width, channels).

    Args:
        factor: of height and width.

    Source: Shi et al. 2016, "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
    Convolutional Neural Network", equation 4.
    """

    def __init__(self, factor: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return tf.nn.depth_to_space(inputs, self.factor)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, height, width, channels = input_shape
        assert channels is not None
        sides = (None if side is None else self.factor * side for side in (height, width))
        return (batch, *sides, channels // self.factor**2)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}
