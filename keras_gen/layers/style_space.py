"""What a trained style-based generator is exported with: its mapping as a prior of styles, and pictures of styles and
of given noise. These layers stand around a network for as long as it is exported, and are never saved."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_gen.layers.instead import calling_instead
from keras_gen.layers.modulation import ModulatedConv2D
from keras_gen.layers.style_noise import FeatureNoise, StyleMixing

MAPPING = "mapping"


class StylePrior(keras.layers.Layer):
    """From noise to the numbers that `StyledPictures` takes: a style, truncated towards the mean, and the noise of the
    layers as it was.

    Args:
        mapping: from numbers and the code of a class to a style.
        numbers: how many numbers of the noise the mapping takes.
        means: (classes, style size) float32, the mean style of every class; of one row without classes.

    Inputs: noise (batch, at least `numbers`), standard normal; truncation, a scalar above 0: the share of a style's
    distance from the mean that is kept, 1 or more keeps all; labels (batch,) where there are classes.
    Output: (batch, style size + what noise is behind the numbers).

    Source: Karras et al. 2019, "A Style-Based Generator Architecture for Generative Adversarial Networks", section 2.
    """

    def __init__(self, mapping: keras.Model, numbers: int, means: np.ndarray) -> None:
        super().__init__(dtype="float32", autocast=False)
        self.mapping = mapping
        self.numbers = numbers
        self.classes = len(means) if len(means) > 1 else 0
        self.means = np.asarray(means, np.float32)
        self.built = True

    def call(self, noise: tf.Tensor, truncation: tf.Tensor, labels: tf.Tensor | None = None) -> tf.Tensor:
        drawn, mean = noise[:, : self.numbers], tf.constant(self.means)
        if labels is not None:
            drawn = tf.concat([drawn, tf.one_hot(labels, self.classes, dtype=drawn.dtype)], axis=1)
            mean = tf.gather(mean, labels)
        styles = tf.cast(self.mapping(drawn, training=False), tf.float32)
        styles = mean + tf.minimum(tf.cast(truncation, tf.float32), 1.0) * (styles - mean)
        return tf.concat([styles, noise[:, self.numbers :]], axis=1)

    def compute_output_spec(self, noise: keras.KerasTensor, *_: Any) -> keras.KerasTensor:
        return keras.KerasTensor((noise.shape[0], self.means.shape[1] + noise.shape[1] - self.numbers), "float32")


class StyledPictures(keras.layers.Layer):
    """Pictures of a style-based generator, of its latents or of its styles, and of fixed or given noise of its layers.

    Args:
        generator: a network of `stylegan`.
        of_styles: whether the first numbers are a style, which every layer gets, instead of the generator's latent.
        given_noise: whether the last numbers are the noise of the layers, one layer behind the other, instead of the
            maps that were saved with them.

    Attributes:
        first: how many numbers the generator's latent or the style has.
        noise_size: how many numbers are noise; 0 where it is fixed.

    Input: (batch, first + noise_size). Output: (batch, height, width, channels).
    """

    def __init__(self, generator: keras.Model, of_styles: bool, given_noise: bool) -> None:
        super().__init__(dtype=generator.dtype_policy, autocast=False)
        self.generator = generator
        self.of_styles = of_styles
        self.noises = list(noise_layers(generator)) if given_noise else []
        self.sizes = [math.prod(layer.fixed.shape) for layer in self.noises]
        self.noise_size = sum(self.sizes)
        whole = generator.get_layer(MAPPING).output_shape[-1] if of_styles else generator.input_shape[-1]
        self.first = int(whole)
        self.built = True

    def call(self, latents: tf.Tensor) -> tf.Tensor:
        first, *noise = tf.split(latents, [self.first, *self.sizes], axis=1)
        calls = {layer: partial(_with_noise, layer, part) for layer, part in zip(self.noises, noise, strict=True)}
        if self.of_styles:
            mixing = style_mixing(self.generator)
            assert mixing is not None, "of a style-based generator"
            calls[mixing] = partial(_everywhere, first, mixing.layers)
            first = tf.zeros([tf.shape(first)[0], self.generator.input_shape[-1]])  # nothing comes of them
        with calling_instead(calls):
            return self.generator(first, training=False)

    def compute_output_spec(self, latents: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor((latents.shape[0], *self.generator.output_shape[1:]), self.compute_dtype)


def noise_layers(generator: keras.Model) -> Iterator[FeatureNoise]:
    """The layers that add noise, from the lowest resolution to the highest."""
    return (layer for layer in generator.layers if isinstance(layer, FeatureNoise))


def style_mixing(generator: keras.Model) -> StyleMixing | None:
    """The layer that hands out styles; None in a network without styles."""
    return next((layer for layer in generator.layers if isinstance(layer, StyleMixing)), None)


def style_weights(generator: keras.Model) -> list[np.ndarray]:
    """The weights from a style to the scales of every modulated convolution, (channels, style size) each."""
    affines = (layer.affine for layer in generator.layers if isinstance(layer, ModulatedConv2D))
    return [np.asarray(affine.kernel).T * affine.scale for affine in affines]


def style_steps(generator: keras.Model, latents: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    """What a generator's pictures are a smooth function of, and that function.

    Args:
        generator: a network of one input.
        latents: (batch, size), what it is given.

    Returns:
        The styles of all layers, (batch, layers, size), of a style-based generator, else the latents; and the function
        from them to pictures, without mixing of styles and with the fixed noise, so that it changes no state.
    """
    mixing = style_mixing(generator)
    if mixing is None:
        return latents, partial(generator, training=False)
    styles = tf.repeat(generator.get_layer(MAPPING)(latents)[:, None], mixing.layers, axis=1)

    def pictures(styles: tf.Tensor) -> tf.Tensor:
        with calling_instead({mixing: lambda *_, **__: styles}):
            return generator(latents, training=False)

    return styles, pictures


def _with_noise(layer: FeatureNoise, noise: tf.Tensor, features: tf.Tensor, **_: Any) -> tf.Tensor:
    given = tf.cast(tf.reshape(noise, (-1, *layer.fixed.shape)), features.dtype)
    return features + tf.convert_to_tensor(layer.strength) * given


def _everywhere(styles: tf.Tensor, layers: int, first: tf.Tensor, second: tf.Tensor, **_: Any) -> tf.Tensor:
    return tf.repeat(tf.cast(styles, first.dtype)[:, None], layers, axis=1)
