"""Gradient reversal, for features that should not help a classifier."""

from __future__ import annotations

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_gen")
class GradientReversal(keras.layers.Layer):
    """The identity in the forward pass; multiplies the gradient by `-weight` in the backward pass.

    The weight is an input, so that a schedule can move it and the layer keeps no state. No gradient flows into it.

    Input: values of any shape, and the weight, a scalar of at least 0.
    Output: the values.

    Source: Ganin et al. 2016, "Domain-Adversarial Training of Neural Networks", equations 16 and 17.
    """

    def call(self, values: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
        return _reversed(values, tf.cast(weight, values.dtype))

    def compute_output_spec(self, values: keras.KerasTensor, weight: object) -> keras.KerasTensor:
        return keras.KerasTensor(values.shape, values.dtype)


@tf.custom_gradient
def _reversed(values: tf.Tensor, weight: tf.Tensor):  # type: ignore[no-untyped-def]
    return tf.identity(values), lambda upstream: (-weight * upstream, None)
