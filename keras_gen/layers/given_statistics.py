"""Instance normalization of a tile with the statistics of the whole image."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from keras_gen.layers.instance_normalization import InstanceNormalization


class GivenStatistics(keras.layers.Layer):
    """An `InstanceNormalization` that is given statistics and also returns those that it measures.

    Statistics are means and logarithms of variances, epsilon included: (batch, 2 * channels), float32.

    Args:
        normalization: the layer whose weights these are.
    """

    def __init__(self, normalization: InstanceNormalization, **kwargs: Any) -> None:
        super().__init__(dtype=normalization.dtype_policy, **kwargs)
        self.normalization = normalization

    def call(self, images: tf.Tensor, given: tf.Tensor, own: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The normalized pictures, and their own statistics.

        Args:
            images: (batch, height, width, channels).
            given: (batch, 2 * channels), statistics to normalize by.
            own: (batch, 1), weight of the pictures' own statistics among those that they are normalized by: 0 takes
                the given ones, 1 their own.
        """
        mean, variance = tf.nn.moments(tf.cast(images, tf.float32), axes=(1, 2))
        measured = tf.concat([mean, tf.math.log(variance + self.normalization.epsilon)], axis=-1)
        own = tf.cast(own, tf.float32)
        used = own * measured + (1.0 - own) * tf.cast(given, tf.float32)
        mean, log_variance = tf.split(used, 2, axis=-1)
        scale, offset = self.normalization.scale_and_offset(mean, tf.exp(-0.5 * log_variance))
        return self.normalization.moved(images, *map(_for_pictures, (scale, offset))), measured

    def compute_output_spec(
        self, images: keras.KerasTensor, given: keras.KerasTensor, own: keras.KerasTensor
    ) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        return keras.KerasTensor(images.shape, images.dtype), keras.KerasTensor(given.shape, "float32")


def _for_pictures(values: tf.Tensor) -> tf.Tensor:
    """(batch, channels) -> (batch, 1, 1, channels)."""
    return tf.expand_dims(tf.expand_dims(values, 1), 1)
