"""A convolution of groups of channels that can be trained wherever TensorFlow runs."""

from __future__ import annotations

import functools

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_gen")
class GroupedConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` with `groups`, by TensorFlow's own kernel; Keras has XLA compile one in every process.

    TensorFlow has that kernel's gradient on a GPU and in oneDNN, which not every processor and not every type has.
    Where it is missing, the groups are convolved one by one.

    Input: (batch, height, width, channels), channels last. Output: as in Keras.
    """

    def convolution_op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        kernel, strides, padding = tf.convert_to_tensor(kernel), list(self.strides), self.padding.upper()
        if self.groups == 1 or _has_gradient(inputs.dtype.name):
            return tf.nn.conv2d(inputs, kernel, strides, padding)
        of_groups = zip(tf.split(inputs, self.groups, axis=-1), tf.split(kernel, self.groups, axis=-1), strict=True)
        return tf.concat([tf.nn.conv2d(part, weights, strides, padding) for part, weights in of_groups], axis=-1)


@functools.cache
def _has_gradient(dtype: str) -> bool:
    """Whether this machine differentiates a convolution of two groups, by doing it."""
    options = {"strides": [1, 1, 1, 1], "padding": "SAME"}
    with tf.init_scope():
        image, kernel = tf.ones((1, 4, 4, 4), dtype), tf.ones((3, 3, 2, 4), dtype)
        try:
            tf.raw_ops.Conv2DBackpropInput(input_sizes=image.shape, filter=kernel, out_backprop=image, **options)
            tf.raw_ops.Conv2DBackpropFilter(input=image, filter_sizes=kernel.shape, out_backprop=image, **options)
        except tf.errors.OpError:
            return False
        return True
