"""Features that are let through by other features."""

from __future__ import annotations

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_gen")
class GatedLinearUnit(keras.layers.Layer):
    """The first half of the channels, each times the sigmoid of a channel of the second half.

    Input: (batch, ..., channels), an even number. Output: (batch, ..., channels / 2).

    Source: Dauphin et al. 2017, "Language Modeling with Gated Convolutional Networks", equation 1.
    """

    def call(self, features: tf.Tensor) -> tf.Tensor:
        channels = features.shape[-1] // 2
        return features[..., :channels] * tf.sigmoid(features[..., channels:])

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        assert shape[-1] is not None
        return (*shape[:-1], shape[-1] // 2)
