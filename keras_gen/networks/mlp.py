"""Fully connected networks, for small images of any size.

`units` are the widths of the hidden layers from the image to the code; decoders and generators use them in reverse
order. `activation` is the name of any Keras activation.

`black_is_zero` rescales the input from [-1, 1] to [0, 1]. Where most pixels are black, as in scans of handwriting, a
first layer whose inputs are almost all -1 is dominated by what all images have in common.

`dropout` is the share of an encoder's inputs that are set to 0 in training, so that it does not rely on single pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
from keras import layers

from keras_gen.layers import Dropout

UNITS = (512, 256)
ACTIVATION = "leaky_relu"


def encoder(
    image_shape: tuple[int, int, int],
    outputs: int,
    units: Sequence[int] = UNITS,
    activation: str = ACTIVATION,
    black_is_zero: bool = False,
    dropout: float = 0.0,
) -> keras.Model:
    """(batch, height, width, channels) -> (batch, outputs)."""
    return _downwards(image_shape, outputs, units, activation, black_is_zero, "encoder", dropout)


def decoder(
    latent_dim: int, image_shape: tuple[int, int, int], units: Sequence[int] = UNITS, activation: str = ACTIVATION
) -> keras.Model:
    """(batch, latent_dim) -> (batch, height, width, channels), any real value."""
    return _upwards(latent_dim, image_shape, units, activation, None, "decoder")


def generator(
    latent_dim: int, image_shape: tuple[int, int, int], units: Sequence[int] = UNITS, activation: str = ACTIVATION
) -> keras.Model:
    """(batch, latent_dim) -> (batch, height, width, channels) in [-1, 1]."""
    return _upwards(latent_dim, image_shape, units, activation, "tanh", "generator")


def discriminator(
    image_shape: tuple[int, int, int],
    units: Sequence[int] = UNITS,
    activation: str = ACTIVATION,
    black_is_zero: bool = False,
) -> keras.Model:
    """(batch, height, width, channels) -> logits (batch, 1)."""
    return _downwards(image_shape, 1, units, activation, black_is_zero, "discriminator")


def joint_discriminator(
    image_shape: tuple[int, int, int],
    latent_dim: int,
    units: Sequence[int] = UNITS,
    activation: str = ACTIVATION,
    black_is_zero: bool = False,
) -> keras.Model:
    """(batch, height, width, channels) and (batch, latent_dim) -> logits (batch, 1)."""
    image, latent = keras.Input(image_shape, name="image"), keras.Input((latent_dim,), name="latent")
    both = layers.Concatenate()([_flat(image, black_is_zero), latent])
    logit = layers.Dense(1)(_hidden(both, units, activation))
    return keras.Model([image, latent], logit, name="joint_discriminator")


def code_discriminator(size: int, units: Sequence[int] = UNITS, activation: str = ACTIVATION) -> keras.Model:
    """Codes (batch, size) -> logits (batch, 1)."""
    codes = keras.Input((size,), name="code")
    return keras.Model(codes, layers.Dense(1)(_hidden(codes, units, activation)), name="code_discriminator")


def _downwards(
    image_shape: tuple[int, int, int],
    outputs: int,
    units: Sequence[int],
    activation: str,
    black_is_zero: bool,
    name: str,
    dropout: float = 0.0,
) -> keras.Model:
    images = keras.Input(image_shape, name="image")
    flat = _flat(images, black_is_zero)
    flat = Dropout(dropout)(flat) if dropout else flat
    return keras.Model(images, layers.Dense(outputs)(_hidden(flat, units, activation)), name=name)


def _flat(images: keras.KerasTensor, black_is_zero: bool) -> keras.KerasTensor:
    flat = layers.Flatten()(images)
    return layers.Rescaling(0.5, 0.5)(flat) if black_is_zero else flat


def _upwards(
    latent_dim: int,
    image_shape: tuple[int, int, int],
    units: Sequence[int],
    activation: str,
    last: str | None,
    name: str,
) -> keras.Model:
    latents = keras.Input((latent_dim,), name="latent")
    flat = layers.Dense(math.prod(image_shape), activation=last)(_hidden(latents, units[::-1], activation))
    return keras.Model(latents, layers.Reshape(image_shape)(flat), name=name)


def _hidden(x: keras.KerasTensor, units: Sequence[int], activation: str) -> keras.KerasTensor:
    for index, width in enumerate(units, start=1):
        x = layers.Dense(width, activation=activation, name=f"features_{index}")(x)
    return x
