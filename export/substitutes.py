"""What Keras layers compute, written so that TensorFlow can put it into a graph for pictures of free sides, and ONNX
take it from there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from keras_gen.layers.instead import calling_instead

Call = Callable[..., tf.Tensor]
IMAGE_AXES = 4


def in_graphs(network: keras.Model) -> AbstractContextManager[None]:
    """A context in which layers of a network, at any depth, call their substitutes where they have one."""
    calls = {layer: call for layer in network._flatten_layers() if (call := _substitute(layer)) is not None}
    return calling_instead(calls)


def _substitute(layer: keras.layers.Layer) -> Call | None:
    if isinstance(layer, keras.layers.GroupNormalization):
        return partial(_group_normalized, layer)
    if getattr(layer, "data_format", None) != "channels_last":
        return None
    if isinstance(layer, keras.layers.UpSampling2D) and layer.interpolation != "nearest":
        return partial(_upsampled, layer)
    if isinstance(layer, keras.layers.Resizing) and layer.pad_to_aspect_ratio:
        return partial(_padded_and_resized, layer)
    return None


def _group_normalized(layer: keras.layers.GroupNormalization, values: tf.Tensor) -> tf.Tensor:
    """Keras cuts the channels into groups by a reshape; where each is a group, statistics over the sides are the same,
    and one node of ONNX."""
    values = tf.convert_to_tensor(values)
    if values.shape.rank != IMAGE_AXES or layer.axis not in (-1, IMAGE_AXES - 1) or layer.groups != values.shape[-1]:
        return type(layer).call(layer, values)
    mean, variance = tf.nn.moments(values, (1, 2), keepdims=True)
    return tf.nn.batch_normalization(values, mean, variance, layer.beta, layer.gamma, layer.epsilon)


def _upsampled(layer: keras.layers.UpSampling2D, images: tf.Tensor) -> tf.Tensor:
    """Keras asks whether the new sides are positive, which nobody knows of free ones."""
    sides = [side or tf.shape(images)[axis] for axis, side in ((1, images.shape[1]), (2, images.shape[2]))]
    wanted = [side * factor for side, factor in zip(sides, layer.size, strict=True)]
    return tf.image.resize(images, wanted, layer.interpolation)


def _padded_and_resized(layer: keras.layers.Resizing, images: tf.Tensor, **options: Any) -> tf.Tensor:
    """Keras asks which side is too short, and makes a branch of each answer; here the other border has no width.

    The borders are as wide as in Keras, whose arithmetic is float32, and less by one where the width is odd.
    """
    images = tf.convert_to_tensor(images)
    height, width = tf.unstack(tf.shape(images)[1:3])
    down = _border(height, width, layer.height, layer.width)
    across = _border(width, height, layer.width, layer.height)
    widths = [[0, 0], [down, down], [across, across], [0, 0]]
    padded = tf.pad(images, widths, constant_values=tf.cast(layer.fill_value, images.dtype))
    size = (layer.height, layer.width)
    return tf.image.resize(padded, size, layer.interpolation, antialias=layer.antialias)


def _border(side: tf.Tensor, other: tf.Tensor, wanted: int, wanted_other: int) -> tf.Tensor:
    """The width of the border at either end of a side, 0 where the other one is too short."""
    needed = tf.cast(tf.cast(other * wanted, tf.float32) / wanted_other, tf.int32)
    return tf.cast(tf.cast(tf.maximum(side, needed) - side, tf.float32) / 2, tf.int32)
