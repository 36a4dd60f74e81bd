"""The networks of StyleGAN2, at any size.

`filters` is the number of channels at full resolution. It doubles each time the resolution is halved, up to 8 times
`filters`. Height and width must be at least 8 and must be divisible by 2 until the smaller one is 4 to 7.

The generator maps a normalized latent to a style, which scales the kernels of every convolution; features begin with
learned ones, get noise after each convolution, and every resolution adds its own picture. In training two styles are
mixed. Outside of it noise is one fixed map of each layer, so that a latent is one picture. It ends with tanh, as all
generators here, where the authors' is linear. The discriminator is the residual one, without the deviation over the
batch, which would make the logit of a picture depend on others.

Source: Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", figures 2c and 7; mapping, mixing:
Karras et al. 2019, "A Style-Based Generator Architecture for Generative Adversarial Networks".
"""

from __future__ import annotations

import math

import keras
from keras import layers

from keras_gen.layers import (
    AnotherLatent,
    ChannelBias,
    EqualizedDense,
    FeatureNoise,
    LearnedCanvas,
    ModulatedConv2D,
    RootMeanSquare,
    StyleMixing,
)
from keras_gen.networks.sizes import halvings, widened
from serving.common.errors import require_at_least

FAMILY = "stylegan"
SLOPE = 0.2
SLOW = 0.01


def generator(
    latent_dim: int,
    image_shape: tuple[int, int, int],
    filters: int = 32,
    style_dim: int = 128,
    mapping_layers: int = 4,
    mixing: float = 0.9,
    noise: bool = True,
    classes: int = 0,
) -> keras.Model:
    """(batch, latent_dim) -> (batch, height, width, channels) in [-1, 1].

    Args:
        latent_dim: length of a latent, the class's code included.
        image_shape: (height, width, channels).
        filters: channels of the last convolution.
        style_dim: length of a style.
        mapping_layers: dense layers of the mapping network, which learn 100 times slower than others.
        mixing: probability that a picture in training has two styles.
        noise: add noise to features.
        classes: how many of the last numbers of a latent are the code of a class; a conditional model says it.
    """
    require_at_least(1, filters=filters, style_dim=style_dim, mapping_layers=mapping_layers)
    stages = halvings(image_shape, FAMILY)
    latents = keras.Input((latent_dim,), name="latent")
    mapping = _mapping(latent_dim, classes, style_dim, mapping_layers)
    second = mapping(AnotherLatent(latent_dim - classes)(latents)) if mixing else mapping(latents)
    styles = StyleMixing(2 * (stages + 1), mixing)(mapping(latents), second)
    return keras.Model(latents, _synthesized(styles, image_shape, filters, stages, noise), name="generator")


def discriminator(image_shape: tuple[int, int, int], filters: int = 32) -> keras.Model:
    """(batch, height, width, channels) -> logits (batch, 1).

    Args:
        image_shape: as in the generator.
        filters: channels after the first convolution.
    """
    require_at_least(1, filters=filters)
    images = keras.Input(image_shape, name="image")
    x = _leaky(_convolution(filters, 1)(images))
    stages = halvings(image_shape, FAMILY)
    for stage in range(stages):
        width = widened(filters, stage + 1)
        y = _leaky(_convolution(x.shape[-1], 3)(x))
        y = layers.AveragePooling2D(2)(_leaky(_convolution(width, 3)(y)))
        shortcut = layers.Conv2D(width, 1, use_bias=False, kernel_initializer="lecun_normal")
        x = layers.Add()([y, shortcut(layers.AveragePooling2D(2)(x))])
        x = layers.Rescaling(math.sqrt(0.5))(x)
    x = layers.Flatten()(_leaky(_convolution(x.shape[-1], 3)(x)))
    x = _leaky(layers.Dense(widened(filters, stages), kernel_initializer="lecun_normal")(x))
    return keras.Model(images, layers.Dense(1, kernel_initializer="lecun_normal")(x), name="discriminator")


def _mapping(latent_dim: int, classes: int, style_dim: int, depth: int) -> keras.Model:
    latents = keras.Input((latent_dim,), name="latent")
    numbers = latent_dim - classes
    x = RootMeanSquare(0, numbers)(latents)
    if classes:
        of_class = EqualizedDense(numbers)(RootMeanSquare(numbers)(latents))
        x = layers.Concatenate()([x, RootMeanSquare()(of_class)])
    for _ in range(depth):
        x = _leaky(EqualizedDense(style_dim, rate=SLOW)(x))
    return keras.Model(latents, x, name="mapping")


def _synthesized(
    styles: keras.KerasTensor, image_shape: tuple[int, int, int], filters: int, stages: int, noise: bool
) -> keras.KerasTensor:
    height, width = (side >> stages for side in image_shape[:2])

    def styled(x: keras.KerasTensor, channels: int, place: int) -> keras.KerasTensor:
        x = ModulatedConv2D(channels, place=place)(x, styles)
        return _leaky(ChannelBias()(FeatureNoise()(x) if noise else x))

    def seen(x: keras.KerasTensor, place: int) -> keras.KerasTensor:
        return ChannelBias()(ModulatedConv2D(image_shape[2], 1, place, demodulate=False)(x, styles))

    deepest = widened(filters, stages)
    x = LearnedCanvas(height, width, deepest)(styles)
    x = styled(x, deepest, 0)
    picture = seen(x, 1)
    for halved in reversed(range(stages)):
        place = 2 * (stages - halved) - 1
        x = styled(layers.UpSampling2D(2, interpolation="bilinear")(x), widened(filters, halved), place)
        x = styled(x, widened(filters, halved), place + 1)
        picture = layers.Add()([layers.UpSampling2D(2, interpolation="bilinear")(picture), seen(x, place + 2)])
    return layers.Activation("tanh")(picture)


def _convolution(filters: int, kernel_size: int) -> keras.layers.Layer:
    return layers.Conv2D(filters, kernel_size, padding="same", kernel_initializer="lecun_normal")


def _leaky(x: keras.KerasTensor) -> keras.KerasTensor:
    """A leaky rectifier that keeps the variance nearly."""
    return layers.Rescaling(math.sqrt(2.0))(layers.LeakyReLU(negative_slope=SLOPE)(x))
