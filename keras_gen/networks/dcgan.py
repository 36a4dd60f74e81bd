"""The networks of DCGAN: transposed convolutions up, strided ones down, batch normalization in both.

Source: Radford et al. 2016, "Unsupervised Representation Learning with Deep Convolutional Generative
Adversarial Networks", section 3 and figure 1.
"""

from __future__ import annotations

import keras
from keras import layers

from serving.errors import InputError

BASE = 4
MAX_WIDENING = 8


def generator(latent_dim: int, image_shape: tuple[int, int, int], filters: int = 64) -> keras.Model:
    """(batch, latent_dim) -> (batch, height, width, channels) in [-1, 1].

    Args:
        latent_dim: length of a latent.
        image_shape: (height, width, channels); height and width powers of two, at least 8.
        filters: channels before the last convolution; doubled going down, up to 8 times.
    """
    return _upwards(latent_dim, image_shape, filters, "tanh", "generator")


def decoder(latent_dim: int, image_shape: tuple[int, int, int], filters: int = 64) -> keras.Model:
    """The generator without its last activation: (batch, height, width, channels), any real value."""
    return _upwards(latent_dim, image_shape, filters, None, "decoder")


def discriminator(
    image_shape: tuple[int, int, int], filters: int = 64, batch_normalization: bool = True
) -> keras.Model:
    """(batch, height, width, channels) -> logits (batch, 1).

    Args:
        image_shape: as in the generator.
        filters: channels after the first convolution; doubled going down, up to 8 times.
        batch_normalization: as in the paper; leave it out where the loss has a penalty per example, since
            it makes an example's logit depend on its batch.
    """
    return _downwards(image_shape, 1, filters, batch_normalization, "discriminator")


def encoder(
    image_shape: tuple[int, int, int], outputs: int, filters: int = 64, batch_normalization: bool = True
) -> keras.Model:
    """The discriminator with (batch, outputs) instead of logits."""
    return _downwards(image_shape, outputs, filters, batch_normalization, "encoder")


def _upwards(
    latent_dim: int, image_shape: tuple[int, int, int], filters: int, last: str | None, name: str
) -> keras.Model:
    stages = _stages(image_shape)
    height, width = (side >> stages for side in image_shape[:2])
    latents = keras.Input((latent_dim,), name="latent")
    deepest = _width(filters, stages - 1)
    x = layers.Dense(height * width * deepest, use_bias=False, kernel_initializer=_initializer())(latents)
    x = layers.ReLU()(_normalization()(layers.Reshape((height, width, deepest))(x)))
    for stage in reversed(range(stages - 1)):
        x = layers.Conv2DTranspose(
            _width(filters, stage), 4, 2, "same", use_bias=False, kernel_initializer=_initializer()
        )(x)
        x = layers.ReLU()(_normalization()(x))
    x = layers.Conv2DTranspose(image_shape[2], 4, 2, "same", activation=last, kernel_initializer=_initializer())(x)
    return keras.Model(latents, x, name=name)


def _downwards(
    image_shape: tuple[int, int, int], outputs: int, filters: int, batch_normalization: bool, name: str
) -> keras.Model:
    images = keras.Input(image_shape, name="image")
    x = images
    for stage in range(_stages(image_shape)):
        normalized = batch_normalization and stage > 0
        x = layers.Conv2D(
            _width(filters, stage), 4, 2, "same", use_bias=not normalized, kernel_initializer=_initializer()
        )(x)
        x = _normalization()(x) if normalized else x
        x = layers.LeakyReLU(negative_slope=0.2, name=f"features_{stage + 1}")(x)
    return keras.Model(images, layers.Dense(outputs, kernel_initializer=_initializer())(layers.Flatten()(x)), name=name)


def _width(filters: int, stage: int) -> int:
    return filters * min(2**stage, MAX_WIDENING)


def _initializer() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02)


def _normalization() -> keras.layers.Layer:
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, synchronized=True)


def _stages(image_shape: tuple[int, int, int]) -> int:
    """Doublings from a smaller side of 4 to the picture."""
    for side in image_shape[:2]:
        if side < 2 * BASE or side & (side - 1):
            raise InputError(
                "the network 'dcgan' must have a height and width that are powers of two, at least 8. "
                f"Received: {image_shape[0]}x{image_shape[1]}; choose another --image_size, or the network 'mlp'."
            )
    return min(image_shape[:2]).bit_length() - BASE.bit_length()
