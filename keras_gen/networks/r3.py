"""The networks of R3GAN: residual blocks of grouped convolutions, without any normalization.

`filters` is the number of channels at full resolution. It doubles each time the resolution is halved, up to 8 times
`filters`. Height and width must be at least 8 and must be divisible by 2 until the smaller one is 4 to 7.

A block is a 1x1 convolution to `expansion` times as many channels, a 3x3 convolution of groups of `group_size` of them,
and a 1x1 convolution back, which starts at 0, so that the block begins as the identity; the other two are smaller the
more blocks there are (fix-up initialization, Zhang et al. 2019). Resampling is bilinear. The generator ends with tanh,
as all generators here, where the authors' is linear.

Source: Huang et al. 2024, "The GAN is dead; long live the GAN! A Modern Baseline GAN", section 3.
"""

from __future__ import annotations

import math
from functools import partial

import keras
from keras import layers

from keras_gen.layers import GroupedConv2D, LearnedCanvas, LearnedPooling
from keras_gen.networks.sizes import halvings, widened
from serving.common.errors import InputError, require_at_least

FAMILY = "r3"
SLOPE = 0.2
# Of a leaky rectifier: what keeps the variance.
GAIN = math.sqrt(2.0 / (1.0 + SLOPE**2))
LAYERS_OF_A_BLOCK = 3


def generator(
    latent_dim: int,
    image_shape: tuple[int, int, int],
    filters: int = 32,
    blocks: int = 2,
    expansion: int = 2,
    group_size: int = 16,
) -> keras.Model:
    """(batch, latent_dim) -> (batch, height, width, channels) in [-1, 1].

    Args:
        latent_dim: length of a latent.
        image_shape: (height, width, channels).
        filters: channels before the last convolution.
        blocks: residual blocks at each resolution.
        expansion: how many times wider a block is inside.
        group_size: channels of a group inside a block, which must divide them; fewer are one group.
    """
    stages = halvings(image_shape, FAMILY)
    block = _block(filters, blocks, expansion, group_size, stages)
    height, width = (side >> stages for side in image_shape[:2])
    latents = keras.Input((latent_dim,), name="latent")
    x = layers.Dense(widened(filters, stages), use_bias=False, kernel_initializer=_normal(1.0))(latents)
    x = LearnedCanvas(height, width)(x)
    for stage in reversed(range(stages + 1)):
        if stage < stages:
            x = layers.UpSampling2D(2, interpolation="bilinear")(_widened(x, widened(filters, stage)))
        for _ in range(blocks):
            x = block(x)
    images = layers.Conv2D(image_shape[2], 1, activation="tanh", kernel_initializer=_normal(1.0))(x)
    return keras.Model(latents, images, name="generator")


def discriminator(
    image_shape: tuple[int, int, int],
    filters: int = 32,
    blocks: int = 2,
    expansion: int = 2,
    group_size: int = 16,
) -> keras.Model:
    """(batch, height, width, channels) -> logits (batch, 1): the generator from back to front.

    The last features are summed up over the map of each channel with learned weights before the logit.

    Args:
        image_shape: as in the generator.
        filters: channels after the first convolution.
        blocks: as in the generator.
        expansion: as in the generator.
        group_size: as in the generator.
    """
    stages = halvings(image_shape, FAMILY)
    block = _block(filters, blocks, expansion, group_size, stages)
    images = keras.Input(image_shape, name="image")
    x = layers.Conv2D(filters, 1, use_bias=False, kernel_initializer=_normal(1.0))(images)
    for stage in range(stages + 1):
        for _ in range(blocks):
            x = block(x)
        if stage < stages:
            x = _widened(layers.AveragePooling2D(2)(x), widened(filters, stage + 1))
    logits = layers.Dense(1, kernel_initializer=_normal(1.0))(LearnedPooling()(x))
    return keras.Model(images, logits, name="discriminator")


def _block(filters: int, blocks: int, expansion: int, group_size: int, stages: int) -> partial[keras.KerasTensor]:
    """A residual block as a function of its input, in a network of so many."""
    require_at_least(1, filters=filters, blocks=blocks, expansion=expansion, group_size=group_size)
    inside = filters * expansion
    if inside > group_size and inside % group_size:
        raise InputError(f"`group_size` must divide `filters` times `expansion`, {inside}. Received: {group_size}.")
    # Section 3.3 of Zhang et al. 2019: the layers of a block but the last, for the number of all blocks.
    gain = GAIN * (blocks * (stages + 1)) ** (-1.0 / (2 * LAYERS_OF_A_BLOCK - 2))
    return partial(_residual, expansion=expansion, group_size=group_size, gain=gain)


def _residual(x: keras.KerasTensor, expansion: int, group_size: int, gain: float) -> keras.KerasTensor:
    channels = x.shape[-1]
    inside = channels * expansion
    groups = max(1, inside // group_size)
    y = layers.Conv2D(inside, 1, kernel_initializer=_normal(gain))(x)
    y = layers.LeakyReLU(negative_slope=SLOPE)(y)
    y = GroupedConv2D(inside, 3, padding="same", groups=groups, kernel_initializer=_normal(gain))(y)
    y = layers.LeakyReLU(negative_slope=SLOPE)(y)
    y = layers.Conv2D(channels, 1, use_bias=False, kernel_initializer="zeros")(y)
    return layers.Add()([x, y])


def _widened(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    """As many channels as wanted, by a 1x1 convolution where these are others."""
    if x.shape[-1] == channels:
        return x
    return layers.Conv2D(channels, 1, use_bias=False, kernel_initializer=_normal(1.0))(x)


def _normal(gain: float) -> keras.initializers.Initializer:
    """Normal, with the deviation `gain / sqrt(inputs)`."""
    return keras.initializers.VarianceScaling(gain**2, "fan_in", "untruncated_normal")
