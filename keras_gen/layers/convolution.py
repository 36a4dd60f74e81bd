"""Convolutions whose weights' gradients are fast where the features are few pixels and many channels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

# Up to 8x8 pixels on the smaller side TensorFlow's kernel on a CPU takes longer in bfloat16 than the product below:
# 40 and 16 ms for 64 images of 4x4 pixels and 512 channels, as much for 8x8 and 256.
FEW_PIXELS = 64


@keras.saving.register_keras_serializable(package="keras_gen")
class Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D`; in bfloat16 on a CPU, the gradient of weights whose output has at most 8x8 pixels is a
    product of patches and gradients.

    Input: (batch, height, width, channels). Output: as in Keras.
    """

    def convolution_op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        small = self.compute_output_shape(inputs.shape)
        if not _by_product(self, inputs, small[1:3]):
            return super().convolution_op(inputs, kernel)
        strides, padding = list(self.strides), self.padding.upper()

        @tf.custom_gradient
        def convolved(images: tf.Tensor, weights: tf.Tensor) -> Any:
            def gradients(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                of_images = tf.nn.conv2d_transpose(upstream, weights, tf.shape(images), strides, padding)
                return of_images, _of_weights(images, upstream, weights.shape, strides, padding)

            return tf.nn.conv2d(images, weights, strides, padding), gradients

        return convolved(inputs, tf.convert_to_tensor(kernel))


@keras.saving.register_keras_serializable(package="keras_gen")
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose`; in bfloat16 on a CPU, the gradient of weights whose input has at most 8x8 pixels
    is a product of patches and gradients.

    Input: (batch, height, width, channels). Output: as in Keras.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        if not _by_product(self, inputs, tuple(inputs.shape[1:3])):
            return super().call(inputs)
        strides, padding = list(self.strides), self.padding.upper()
        sides = self.compute_output_shape(inputs.shape)[1:]

        @tf.custom_gradient
        def transposed(images: tf.Tensor, weights: tf.Tensor) -> Any:
            def gradients(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                of_images = tf.nn.conv2d(upstream, weights, strides, padding)
                return of_images, _of_weights(upstream, images, weights.shape, strides, padding)

            return tf.nn.conv2d_transpose(images, weights, (tf.shape(images)[0], *sides), strides, padding), gradients

        outputs = transposed(inputs, tf.convert_to_tensor(self.kernel))
        outputs = outputs + tf.convert_to_tensor(self.bias) if self.use_bias else outputs
        return outputs if self.activation is None else self.activation(outputs)


def _by_product(layer: Any, inputs: tf.Tensor, smaller: Sequence[int | None]) -> bool:
    """Whether it is the faster way: `smaller` are the sides before a transposed or after another convolution."""
    plain = (
        layer.dilation_rate == (1, 1)
        and getattr(layer, "groups", 1) == 1
        and getattr(layer, "output_padding", None) is None
        and layer.data_format == "channels_last"
    )
    few = math.prod(side or math.inf for side in smaller) <= FEW_PIXELS
    return plain and few and inputs.dtype == tf.bfloat16 and not tf.config.list_logical_devices("GPU")


def _of_weights(
    larger: tf.Tensor, smaller: tf.Tensor, shape: tf.TensorShape, strides: Sequence[int], padding: str
) -> tf.Tensor:
    """Gradient of the weights `shape` of the convolution that takes images `larger` to the size of `smaller`."""
    height, width, channels, filters = shape
    windows = tf.image.extract_patches(larger, [1, height, width, 1], [1, *strides, 1], [1, 1, 1, 1], padding)
    windows = tf.reshape(windows, (-1, height * width * channels))
    return tf.reshape(tf.matmul(windows, tf.reshape(smaller, (-1, filters)), transpose_a=True), shape)
