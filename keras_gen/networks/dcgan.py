"""The networks of DCGAN: transposed convolutions in the generator, strided ones in the discriminator, batch
normalization in both.

Source: Radford et al. 2016, "Unsupervised Representation Learning with Deep Convolutional Generative
Adversarial Networks", section 3 and figure 1.
"""

from __future__ import annotations

import keras
from keras import layers

from keras_gen.layers import Conv2D, Conv2DTranspose, SpectralConv2D, SpectralDense
from keras_gen.networks.initializers import small_normal
from keras_gen.networks.normalization import Normalization, normalized
from keras_gen.networks.sizes import halvings, widened


def generator(latent_dim: int, image_shape: tuple[int, int, int], filters: int = 64) -> keras.Model:
    """(batch, latent_dim) -> (batch, height, width, channels) in [-1, 1].

    Args:
        latent_dim: length of a latent.
        image_shape: (height, width, channels); height and width are at least 8 and divisible by 2 until the smaller
            one is 4 to 7.
        filters: channels before the last convolution; twice as many at each lower resolution, up to 8 times `filters`.
    """
    return _upwards(latent_dim, image_shape, filters, "tanh", "generator")


def decoder(latent_dim: int, image_shape: tuple[int, int, int], filters: int = 64) -> keras.Model:
    """The generator without its last activation: (batch, height, width, channels), any real value."""
    return _upwards(latent_dim, image_shape, filters, None, "decoder")


def discriminator(
    image_shape: tuple[int, int, int],
    filters: int = 64,
    batch_normalization: bool = True,
    spectral_normalization: bool = False,
) -> keras.Model:
    """(batch, height, width, channels) -> logits (batch, 1).

    Args:
        image_shape: as in the generator.
        filters: channels after the first convolution; twice as many at each lower resolution, up to 8 times `filters`.
        batch_normalization: as in the paper; switch it off for losses with a gradient penalty per example, since
            it makes the logit of an example depend on the whole batch.
        spectral_normalization: divide every kernel by its largest singular value.
    """
    return _downwards(image_shape, 1, filters, batch_normalization, spectral_normalization, "discriminator")


def joint_discriminator(
    image_shape: tuple[int, int, int],
    latent_dim: int,
    filters: int = 64,
    units: int = 256,
    batch_normalization: bool = True,
    spectral_normalization: bool = False,
) -> keras.Model:
    """(batch, height, width, channels) and (batch, latent_dim) -> logits (batch, 1).

    Args:
        image_shape: as in the generator.
        latent_dim: length of a latent.
        filters: as in the discriminator.
        units: width of the dense layers for the code, and for the code together with the features of the image.
        batch_normalization: as in the discriminator.
        spectral_normalization: as in the discriminator.
    """
    dense = SpectralDense if spectral_normalization else layers.Dense
    image, latent = keras.Input(image_shape, name="image"), keras.Input((latent_dim,), name="latent")
    seen = layers.Flatten()(_convolved(image, filters, batch_normalization, spectral_normalization))
    told = layers.LeakyReLU(negative_slope=0.2)(dense(units, kernel_initializer=small_normal())(latent))
    both = dense(units, kernel_initializer=small_normal())(layers.Concatenate()([seen, told]))
    both = layers.LeakyReLU(negative_slope=0.2)(both)
    logit = dense(1, kernel_initializer=small_normal())(both)
    return keras.Model([image, latent], logit, name="joint_discriminator")


def encoder(
    image_shape: tuple[int, int, int], outputs: int, filters: int = 64, batch_normalization: bool = True
) -> keras.Model:
    """The discriminator with (batch, outputs) instead of logits."""
    return _downwards(image_shape, outputs, filters, batch_normalization, False, "encoder")


def _upwards(
    latent_dim: int, image_shape: tuple[int, int, int], filters: int, last: str | None, name: str
) -> keras.Model:
    stages = halvings(image_shape, "dcgan")
    height, width = (side >> stages for side in image_shape[:2])
    latents = keras.Input((latent_dim,), name="latent")
    deepest = widened(filters, stages - 1)
    x = layers.Dense(height * width * deepest, use_bias=False, kernel_initializer=small_normal())(latents)
    x = layers.ReLU()(normalized(layers.Reshape((height, width, deepest))(x), "batch"))
    for stage in reversed(range(stages - 1)):
        x = Conv2DTranspose(widened(filters, stage), 4, 2, "same", use_bias=False, kernel_initializer=small_normal())(x)
        x = layers.ReLU()(normalized(x, "batch"))
    x = Conv2DTranspose(image_shape[2], 4, 2, "same", activation=last, kernel_initializer=small_normal())(x)
    return keras.Model(latents, x, name=name)


def _downwards(
    image_shape: tuple[int, int, int],
    outputs: int,
    filters: int,
    batch_normalization: bool,
    spectral_normalization: bool,
    name: str,
) -> keras.Model:
    dense = SpectralDense if spectral_normalization else layers.Dense
    images = keras.Input(image_shape, name="image")
    x = layers.Flatten()(_convolved(images, filters, batch_normalization, spectral_normalization))
    return keras.Model(images, dense(outputs, kernel_initializer=small_normal())(x), name=name)


def _convolved(
    images: keras.KerasTensor, filters: int, batch_normalization: bool, spectral_normalization: bool
) -> keras.KerasTensor:
    """Strided convolutions down to a side of 4 to 7."""
    convolution = SpectralConv2D if spectral_normalization else Conv2D
    x = images
    for stage in range(halvings(tuple(images.shape[1:]), "dcgan")):
        kind: Normalization = "batch" if batch_normalization and stage > 0 else "none"
        x = convolution(
            widened(filters, stage), 4, 2, "same", use_bias=kind == "none", kernel_initializer=small_normal()
        )(x)
        x = normalized(x, kind)
        x = layers.LeakyReLU(negative_slope=0.2, name=f"features_{stage + 1}")(x)
    return x
