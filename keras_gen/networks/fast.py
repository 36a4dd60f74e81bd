"""The networks of FastGAN, for few pictures: a convolution at each resolution, and skips of whole channels.

`filters` is the number of channels at full resolution. It doubles each time the resolution is halved, up to 8 times
`filters`. Height and width must be at least 8 and must be divisible by 2 until the smaller one is 4 to 7.

In the generator features of a low resolution say how much of each channel of a high one is let through (skip-layer
excitation), and every convolution is gated. The discriminator has blocks of two paths, and two decoders by which it
has to keep what it sees of real pictures: see `PictureDecoders`. The decoders take part in training alone.

Source: Liu et al. 2021, "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis",
sections 3.1 and 3.2; blocks: the authors' program.
"""

from __future__ import annotations

import keras
from keras import layers

from keras_gen.layers import Conv2D, GatedLinearUnit, PictureDecoders, SpectralConv2D, SpectralDense
from keras_gen.networks.initializers import small_normal
from keras_gen.networks.normalization import Normalization, normalized
from keras_gen.networks.sizes import halvings, widened
from serving.common.errors import require_at_least

FAMILY = "fast"
SLOPE = 0.2


def generator(
    latent_dim: int, image_shape: tuple[int, int, int], filters: int = 32, excitation: int = 3
) -> keras.Model:
    """(batch, latent_dim) -> (batch, height, width, channels) in [-1, 1].

    Args:
        latent_dim: length of a latent.
        image_shape: (height, width, channels).
        filters: channels before the last convolution.
        excitation: doublings between the two resolutions of a skip-layer excitation; 4 in the paper, whose pictures
            are of 256 pixels and more; 0 for none. A generator of fewer doublings has no such skip.
    """
    require_at_least(1, filters=filters)
    require_at_least(0, excitation=excitation)
    stages = halvings(image_shape, FAMILY)
    height, width = (side >> stages for side in image_shape[:2])
    latents = keras.Input((latent_dim,), name="latent")
    channels = 2 * widened(filters, stages)
    x = layers.Dense(height * width * channels, use_bias=False, kernel_initializer=small_normal())(latents)
    x = _gated(layers.Reshape((height, width, channels))(x))
    seen = [x]
    for halved in reversed(range(stages)):
        x = layers.UpSampling2D(2)(x)
        x = _gated(_convolution(2 * widened(filters, halved), 3, 1)(x))
        if 0 < excitation <= len(seen):
            x = layers.Multiply()([x, _excitation(seen[-excitation], (height, width), x.shape[-1])])
        seen.append(x)
    x = Conv2D(image_shape[2], 3, padding="same", activation="tanh", kernel_initializer=small_normal())(x)
    return keras.Model(latents, x, name="generator")


def discriminator(
    image_shape: tuple[int, int, int],
    filters: int = 32,
    decoding: float = 1.0,
    batch_normalization: bool = True,
    spectral_normalization: bool = True,
) -> keras.Model:
    """(batch, height, width, channels) -> logits (batch, 1).

    Args:
        image_shape: as in the generator.
        filters: channels after the first convolution.
        decoding: weight of the decoders' errors for real pictures in the discriminator's loss; 0 for no decoders.
        batch_normalization: as in the paper; switch it off for losses with a gradient penalty per example, since
            it makes the logit of an example depend on the whole batch.
        spectral_normalization: divide every kernel by its largest singular value, that of decoders excepted.
    """
    require_at_least(1, filters=filters)
    require_at_least(0, decoding=decoding)
    kind: Normalization = "batch" if batch_normalization else "none"

    def convolved(x: keras.KerasTensor, channels: int, size: int, stride: int = 1) -> keras.KerasTensor:
        x = _convolution(channels, size, stride, spectral_normalization)(x)
        return layers.LeakyReLU(negative_slope=SLOPE)(normalized(x, kind))

    images = keras.Input(image_shape, name="image")
    x = _convolution(filters, 3, 1, spectral_normalization)(images)
    maps = [layers.LeakyReLU(negative_slope=SLOPE)(x)]
    for stage in range(halvings(image_shape, FAMILY)):
        channels = widened(filters, stage + 1)
        main = convolved(convolved(maps[-1], channels, 4, 2), channels, 3)
        direct = convolved(layers.AveragePooling2D(2)(maps[-1]), channels, 1)
        maps.append(layers.Average()([main, direct]))
    x = PictureDecoders(decoding, max(filters // 2, 1))([images, *maps[-2:]]) if decoding else maps[-1]
    x = layers.Flatten()(convolved(x, x.shape[-1], 1))
    dense = SpectralDense if spectral_normalization else layers.Dense
    return keras.Model(images, dense(1, kernel_initializer=small_normal())(x), name="discriminator")


def _gated(x: keras.KerasTensor) -> keras.KerasTensor:
    return GatedLinearUnit()(normalized(x, "batch"))


def _excitation(low: keras.KerasTensor, sides: tuple[int, int], channels: int) -> keras.KerasTensor:
    """How much of each channel is let through, (batch, 1, 1, channels); equation 1."""
    pooled = layers.AveragePooling2D(low.shape[1] // sides[0])(low)
    x = Conv2D(channels, sides, kernel_initializer=small_normal())(pooled)
    x = layers.LeakyReLU(negative_slope=SLOPE)(x)
    return Conv2D(channels, 1, activation="sigmoid", kernel_initializer=small_normal())(x)


def _convolution(channels: int, size: int, stride: int, spectral: bool = False) -> keras.layers.Layer:
    kind = SpectralConv2D if spectral else Conv2D
    return kind(channels, size, stride, "same", use_bias=False, kernel_initializer=small_normal())
