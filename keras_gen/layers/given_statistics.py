"""Normalization of a tile by the statistics of the whole image."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, TypeAlias

import keras
import tensorflow as tf

from keras_gen.layers.instance_normalization import InstanceNormalization
from keras_gen.layers.instead import calling_instead

Normalization: TypeAlias = InstanceNormalization | keras.layers.GroupNormalization
IMAGE_AXES = 4


class GivenStatistics(keras.layers.Layer):
    """A network whose normalizations are given statistics, and which also returns those that they measure.

    Statistics are means and logarithms of variances, epsilon included, of one call of a normalization behind the
    other: (batch, size), float32. A group normalization has them for each group, an instance normalization for each
    channel.

    Args:
        network: from images to images, (batch, height, width, channels).
        side: height and width of an image that the network takes.
    """

    def __init__(self, network: keras.Model, side: int, **kwargs: Any) -> None:
        super().__init__(dtype=network.dtype_policy, **kwargs)
        self.network = network
        self.size = self._count(side)

    def call(self, images: tf.Tensor, given: tf.Tensor, own: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """What the network makes of images, and the statistics of these.

        Args:
            images: (batch, height, width, channels).
            given: (batch, size), statistics to normalize by.
            own: (batch, 1), weight of the images' own statistics among those that they are normalized by: 0 takes
                the given ones, 1 their own.
        """
        measured: list[tf.Tensor] = []

        def normalize(layer: Normalization, values: tf.Tensor) -> tf.Tensor:
            start = sum(each.shape[-1] for each in measured)
            normalized, statistics = _normalized(layer, values, given, own, start)
            measured.append(statistics)
            return normalized

        calls = {layer: partial(normalize, layer) for layer in normalizations(self.network)}
        with calling_instead(calls):
            translation = self.network(images, training=False)
        return translation, tf.concat(measured, axis=-1)

    def compute_output_spec(
        self, images: keras.KerasTensor, given: keras.KerasTensor, own: keras.KerasTensor
    ) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        return self.network.compute_output_spec(images), keras.KerasTensor(given.shape, "float32")

    def _count(self, side: int) -> int:
        """How many statistics there are: those of a layer that is called twice count twice."""
        sizes: list[int] = []

        def count(layer: Normalization, values: tf.Tensor) -> tf.Tensor:
            sizes.append(2 * _groups(layer, values.shape[-1]))
            return values

        calls = {layer: partial(count, layer) for layer in normalizations(self.network)}
        image = tf.TensorSpec((1, side, side, self.network.input_shape[-1]), self.network.input_dtype)
        with calling_instead(calls):
            tf.function(partial(self.network, training=False), autograph=False).get_concrete_function(image)
        return sum(sizes)


def normalizations(network: keras.Model) -> Iterator[Normalization]:
    """The layers of a network, at any depth, that normalize images by statistics over their pixels."""
    for layer in network._flatten_layers():
        if isinstance(layer, InstanceNormalization):
            yield layer
        elif isinstance(layer, keras.layers.GroupNormalization) and layer.input_spec is not None:
            axes = layer.input_spec.ndim
            if axes == IMAGE_AXES and layer.axis in (-1, IMAGE_AXES - 1):
                yield layer


def _groups(layer: Normalization, channels: int) -> int:
    return channels if isinstance(layer, InstanceNormalization) else int(layer.groups)


def _normalized(
    layer: Normalization, images: tf.Tensor, given: tf.Tensor, own: tf.Tensor, start: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Images normalized by a mix of their own and given statistics, which begin at `start`; and their own."""
    channels = images.shape[-1]
    groups = _groups(layer, channels)
    mean, variance = _moments(tf.cast(images, tf.float32), groups)
    measured = tf.concat([mean, tf.math.log(variance + layer.epsilon)], axis=-1)
    own, given = tf.cast(own, tf.float32), tf.cast(given[:, start : start + 2 * groups], tf.float32)
    used = own * measured + (1.0 - own) * given
    mean, log_variance = (_of_channels(each, channels) for each in tf.split(used, 2, axis=-1))
    scale, shift = tf.exp(-0.5 * log_variance), 0.0
    gain, bias = _gain_and_bias(layer)
    scale = scale if gain is None else tf.cast(gain, tf.float32) * scale
    shift = -mean * scale if bias is None else tf.cast(bias, tf.float32) - mean * scale
    factor, offset = (tf.cast(each[:, None, None], images.dtype) for each in (scale, shift))
    return images * factor + offset, measured


def _moments(images: tf.Tensor, groups: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Means and variances (batch, groups)."""
    if groups == images.shape[-1]:
        return tf.nn.moments(images, axes=(1, 2))
    grouped = tf.reshape(images, tf.concat([tf.shape(images)[:3], [groups, -1]], axis=0))
    return tf.nn.moments(grouped, axes=(1, 2, 4))


def _of_channels(values: tf.Tensor, channels: int) -> tf.Tensor:
    """(batch, groups) -> (batch, channels): each channel has the value of its group."""
    groups = values.shape[-1]
    return values if groups == channels else tf.repeat(values, channels // groups, axis=-1)


def _gain_and_bias(layer: Normalization) -> tuple[Any, Any]:
    if isinstance(layer, InstanceNormalization):
        return layer.gain, layer.shift
    return layer.gamma, layer.beta
