"""Instance normalization: each image is normalized by its own statistics."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from keras_gen.layers.fused_normalization import FUSED_TYPES, fused_normalization


@keras.saving.register_keras_serializable(package="keras_gen")
class InstanceNormalization(keras.layers.Layer):
    """Brings each channel of each example to mean 0 and variance 1 over its pixels, then scales and shifts it.

    Statistics are float32 whatever the compute dtype. An input of a single pixel has variance 0 and returns the shift.

    Input and output: (batch, height, width, channels); sides may be unknown.

    Args:
        epsilon: added to the variance.

    Source: Ulyanov et al. 2016, "Instance Normalization: The Missing Ingredient for Fast Stylization", equation 4.
    """

    def __init__(self, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        channels = input_shape[-1]
        self.gain = self.add_weight(name="gain", shape=(channels,), initializer="ones")
        self.shift = self.add_weight(name="shift", shape=(channels,), initializer="zeros")

    def call(self, images: tf.Tensor) -> tf.Tensor:
        # Statistics of the pixels of one image are those of a batch of one.
        if images.shape[0] == 1 and images.dtype in FUSED_TYPES:
            return fused_normalization(images, self.gain, self.shift, self.epsilon).normalized
        mean, variance = tf.nn.moments(tf.cast(images, tf.float32), axes=(1, 2), keepdims=True)
        return self.moved(images, *self.scale_and_offset(mean, tf.math.rsqrt(variance + self.epsilon)))

    def scale_and_offset(self, mean: tf.Tensor, factor: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """What pictures less a mean and times a factor, then scaled and shifted, are multiplied by, and what is added:
        one multiplication and one addition a pixel. All of them float32 (batch, ..., channels)."""
        scale = tf.cast(self.gain, tf.float32) * factor
        return scale, tf.cast(self.shift, tf.float32) - mean * scale

    def moved(self, images: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) -> tf.Tensor:
        """`images * scale + offset` in the type of the pictures; the others (batch, 1, 1, channels)."""
        return images * tf.cast(scale, images.dtype) + tf.cast(offset, images.dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "epsilon": self.epsilon}
