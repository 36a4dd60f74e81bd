"""Residual networks of the size of DCGAN's, as in WGAN-GP and SNGAN.

`filters` is the number of channels at full resolution. It doubles each time the resolution is halved, up to 8 times
`filters`. Height and width must be at least 8 and must be divisible by 2 until the smaller one is 4 to 7.

Source: Gulrajani et al. 2017, "Improved Training of Wasserstein GANs", appendix F; Miyato et al. 2018, "Spectral
Normalization for Generative Adversarial Networks", appendix B.4.
"""

from __future__ import annotations

from functools import partial

import keras
from keras import layers

from keras_gen.layers import SpectralConv2D, SpectralDense
from keras_gen.networks.normalization import Normalization, normalized
from keras_gen.networks.residual import down_block, level_block, pooled, up_block
from keras_gen.networks.sizes import halvings, widened

FAMILY = "resnet"


def generator(
    latent_dim: int, image_shape: tuple[int, int, int], filters: int = 64, normalization: Normalization = "batch"
) -> keras.Model:
    """(batch, latent_dim) -> (batch, height, width, channels) in [-1, 1].

    Args:
        latent_dim: length of a latent.
        image_shape: (height, width, channels).
        filters: channels before the last convolution.
        normalization: `batch`, `instance` or `none`.
    """
    return _upwards(latent_dim, image_shape, filters, normalization, "tanh", "generator")


def decoder(
    latent_dim: int, image_shape: tuple[int, int, int], filters: int = 64, normalization: Normalization = "batch"
) -> keras.Model:
    """The generator without its last activation: (batch, height, width, channels), any real value."""
    return _upwards(latent_dim, image_shape, filters, normalization, None, "decoder")


def discriminator(
    image_shape: tuple[int, int, int], filters: int = 64, spectral_normalization: bool = False
) -> keras.Model:
    """(batch, height, width, channels) -> logits (batch, 1), without batch normalization.

    Args:
        image_shape: as in the generator.
        filters: channels after the first block.
        spectral_normalization: divide every weight by its largest singular value.
    """
    images = keras.Input(image_shape, name="image")
    features = pooled(_downwards(images, filters, spectral_normalization))
    logits = (SpectralDense if spectral_normalization else layers.Dense)(1)(features)
    return keras.Model(images, logits, name="discriminator")


def encoder(
    image_shape: tuple[int, int, int], outputs: int, filters: int = 64, spectral_normalization: bool = False
) -> keras.Model:
    """The blocks of the discriminator with (batch, outputs) instead of a logit; features are flattened, not pooled."""
    images = keras.Input(image_shape, name="image")
    features = layers.Flatten()(layers.ReLU()(_downwards(images, filters, spectral_normalization)))
    codes = (SpectralDense if spectral_normalization else layers.Dense)(outputs)(features)
    return keras.Model(images, codes, name="encoder")


def _upwards(
    latent_dim: int,
    image_shape: tuple[int, int, int],
    filters: int,
    normalization: Normalization,
    last: str | None,
    name: str,
) -> keras.Model:
    by_name = partial(normalized, kind=normalization)
    stages = halvings(image_shape, FAMILY)
    height, width = (side >> stages for side in image_shape[:2])
    deepest = widened(filters, stages - 1)
    latents = keras.Input((latent_dim,), name="latent")
    x = layers.Reshape((height, width, deepest))(layers.Dense(height * width * deepest)(latents))
    for stage in reversed(range(stages)):
        x = up_block(x, widened(filters, stage), partial(_convolution, layers.Conv2D), by_name)
    x = layers.ReLU()(by_name(x))
    return keras.Model(latents, layers.Conv2D(image_shape[2], 3, padding="same", activation=last)(x), name=name)


def _downwards(images: keras.KerasTensor, filters: int, spectral_normalization: bool) -> keras.KerasTensor:
    convolution = partial(_convolution, SpectralConv2D if spectral_normalization else layers.Conv2D)
    stages = halvings(images.shape[1:], FAMILY)
    x = images
    for stage in range(stages):
        name = f"features_{stage + 1}"
        x = down_block(x, widened(filters, stage), convolution, first=stage == 0, name=name)
    return level_block(x, convolution, name=f"features_{stages + 1}")


def _convolution(kind: type[keras.layers.Conv2D], width: int, kernel_size: int) -> keras.layers.Layer:
    # Before a rectifier weights are twice as large.
    scale = 2.0 if kernel_size > 1 else 1.0
    initializer = keras.initializers.VarianceScaling(scale, "fan_avg", "uniform")
    return kind(width, kernel_size, padding="same", kernel_initializer=initializer)
