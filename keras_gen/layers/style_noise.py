"""The randomness of a style-based generator: another latent to mix styles with, and noise on features.

As in `Dropout`, what is drawn in training is a function of the seed, the number of calls so far and the index of the
example in the global batch.
"""

from __future__ import annotations

import math
import random
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_gen.layers.training_noise import TrainingNoise
from serving.common.errors import InputError


class _Drawing(keras.layers.Layer):
    """A layer with noise of its own.

    Args:
        seed: any integer; by default drawn from Python's generator, which `keras.utils.set_random_seed` seeds.
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = random.randrange(2**31) if seed is None else seed
        self.noise = TrainingNoise(self.seed)

    def drawn(self, like: tf.Tensor, size: int, uniform: bool = False) -> tf.Tensor:
        """(batch, size) new numbers of the type of `like`, normal or uniform on [0, 1)."""
        draws = self.noise.training_rows(tf.shape(like)[0], size, "style", uniform)
        self.noise.advance()
        return tf.cast(draws, like.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable(package="keras_gen")
class AnotherLatent(_Drawing):
    """In training other latents than those given, with the same class codes behind them; else those given.

    Args:
        size: how many numbers are drawn anew; those after them stay.
        seed: as above.

    Input and output: (batch, at least `size`).
    """

    def __init__(self, size: int, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.size = size
        self.built = True

    def call(self, latents: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training:
            return latents
        return tf.concat([self.drawn(latents, self.size), latents[:, self.size :]], axis=1)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}


@keras.saving.register_keras_serializable(package="keras_gen")
class StyleMixing(_Drawing):
    """A style for each layer: the first one, and in training now and then the second one from some layer on.

    Args:
        layers: how many layers take a style.
        probability: of mixing, for each example.
        seed: as above.

    Input: two styles, (batch, size) each.
    Output: (batch, layers, size).

    Raises:
        InputError: a probability out of range.

    Source: Karras et al. 2019, "A Style-Based Generator Architecture for Generative Adversarial Networks", section 3.1.
    """

    def __init__(self, layers: int, probability: float = 0.9, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        if not 0 <= probability <= 1:
            raise InputError(f"`mixing` must be from 0 to 1. Received: {probability}.")
        self.layers = layers
        self.probability = probability
        self.built = True

    def call(self, first: tf.Tensor, second: tf.Tensor, training: bool = False) -> tf.Tensor:
        styles = tf.repeat(first[:, None], self.layers, axis=1)
        if not training or self.probability == 0:
            return styles
        draws = tf.cast(self.drawn(first, 2, uniform=True), tf.float32)
        # From layer 1 to the last one, all equally likely; none of them where nothing is mixed.
        place = 1 + tf.cast(draws[:, 1] * (self.layers - 1), tf.int32)
        begin = tf.where(draws[:, 0] < self.probability, tf.minimum(place, self.layers - 1), self.layers)
        return tf.where((tf.range(self.layers)[None] >= begin[:, None])[..., None], second[:, None], styles)

    def compute_output_shape(self, shape: tuple[int | None, ...], *_: Any) -> tuple[int | None, ...]:
        return shape[0], self.layers, shape[1]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "layers": self.layers, "probability": self.probability}


@keras.saving.register_keras_serializable(package="keras_gen")
class FeatureNoise(_Drawing):
    """Adds noise, the same on all channels, times a learned number that begins at 0.

    In training it is new for every picture; else it is one map, drawn once and saved with the weights, so that a latent
    is one picture.

    Args:
        seed: as above.

    Input and output: (batch, height, width, channels), of known sides.

    Source: Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", figure 2c.
    """

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.strength = self.add_weight(name="strength", shape=(), initializer="zeros")
        self.fixed = self.add_weight(name="fixed", shape=(*shape[1:3], 1), initializer="zeros", trainable=False)
        self.fixed.assign(np.random.default_rng(self.seed).standard_normal((*shape[1:3], 1)))  # type: ignore[arg-type]

    def call(self, features: tf.Tensor, training: bool = False) -> tf.Tensor:
        strength = tf.convert_to_tensor(self.strength)
        if not training:
            return features + strength * tf.convert_to_tensor(self.fixed)
        sides = (*features.shape[1:3], 1)
        return features + strength * tf.reshape(self.drawn(features, math.prod(sides)), (-1, *sides))

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return shape
