"""Networks for points of the plane, pictures of one pixel with two channels: small, and unbounded where they generate.

`units` are the widths of the hidden layers from the point on; generators use them in reverse order. `activation` is the
name of any Keras activation.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras

from keras_gen.networks import mlp

UNITS = (64, 64)
ACTIVATION = "relu"


def generator(
    latent_dim: int, image_shape: tuple[int, int, int], units: Sequence[int] = UNITS, activation: str = ACTIVATION
) -> keras.Model:
    """(batch, latent_dim) -> (batch, 1, 1, 2), any real value."""
    latents = keras.Input((latent_dim,), name="latent")
    points = mlp.decoder(latent_dim, image_shape, units, activation)(latents)
    return keras.Model(latents, points, name="generator")


def discriminator(
    image_shape: tuple[int, int, int], units: Sequence[int] = UNITS, activation: str = ACTIVATION
) -> keras.Model:
    """(batch, 1, 1, 2) -> logits (batch, 1)."""
    return mlp.discriminator(image_shape, units, activation)
