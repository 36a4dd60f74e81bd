"""Fully connected networks, for small pictures of any size."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
from keras import layers

UNITS = (512, 256)


def encoder(image_shape: tuple[int, int, int], outputs: int, units: Sequence[int] = UNITS) -> keras.Model:
    """(batch, height, width, channels) -> (batch, outputs) through hidden layers of `units`, widest first."""
    images = keras.Input(image_shape, name="image")
    hidden = _hidden(layers.Flatten()(images), units)
    return keras.Model(images, layers.Dense(outputs)(hidden), name="encoder")


def decoder(latent_dim: int, image_shape: tuple[int, int, int], units: Sequence[int] = UNITS) -> keras.Model:
    """(batch, latent_dim) -> (batch, height, width, channels), any real value; `units` as in the encoder."""
    return _upwards(latent_dim, image_shape, units, None, "decoder")


def generator(latent_dim: int, image_shape: tuple[int, int, int], units: Sequence[int] = UNITS) -> keras.Model:
    """(batch, latent_dim) -> (batch, height, width, channels) in [-1, 1]; `units` as in the discriminator."""
    return _upwards(latent_dim, image_shape, units, "tanh", "generator")


def discriminator(image_shape: tuple[int, int, int], units: Sequence[int] = UNITS) -> keras.Model:
    """(batch, height, width, channels) -> logits (batch, 1)."""
    images = keras.Input(image_shape, name="image")
    hidden = _hidden(layers.Flatten()(images), units)
    return keras.Model(images, layers.Dense(1)(hidden), name="discriminator")


def _upwards(
    latent_dim: int, image_shape: tuple[int, int, int], units: Sequence[int], activation: str | None, name: str
) -> keras.Model:
    latents = keras.Input((latent_dim,), name="latent")
    flat = layers.Dense(math.prod(image_shape), activation=activation)(_hidden(latents, units[::-1]))
    return keras.Model(latents, layers.Reshape(image_shape)(flat), name=name)


def _hidden(x: keras.KerasTensor, units: Sequence[int]) -> keras.KerasTensor:
    for width in units:
        x = layers.LeakyReLU(negative_slope=0.2)(layers.Dense(width)(x))
    return x
