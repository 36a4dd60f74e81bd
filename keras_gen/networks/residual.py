"""Residual blocks that double or halve the resolution, as in WGAN-GP, SNGAN and BigGAN.

A 1x1 convolution commutes with average pooling and with nearest-neighbour upsampling; here it is always computed at the
lower resolution.

Source: Gulrajani et al. 2017, "Improved Training of Wasserstein GANs", appendix F; Miyato et al. 2018, "Spectral
Normalization for Generative Adversarial Networks", appendix B.4.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import layers, ops

from keras_gen.layers import NearestUpsampling

Convolution = Callable[[int, int], keras.layers.Layer]
Normalization = Callable[[keras.KerasTensor], keras.KerasTensor]


def up_block(
    x: keras.KerasTensor, width: int, convolution: Convolution, normalized: Normalization
) -> keras.KerasTensor:
    """(batch, height, width, channels) -> (batch, 2 * height, 2 * width, `width`).

    Args:
        x: the block's input.
        width: channels of the output.
        convolution: from filters and kernel size to a layer that keeps height and width.
        normalized: normalizes a tensor; it is called once for each of the two convolutions.
    """
    y = NearestUpsampling()(layers.ReLU()(normalized(x)))
    y = convolution(width, 3)(y)
    y = convolution(width, 3)(layers.ReLU()(normalized(y)))
    return layers.Add()([y, NearestUpsampling()(convolution(width, 1)(x))])


def down_block(
    x: keras.KerasTensor, width: int, convolution: Convolution, first: bool = False, name: str | None = None
) -> keras.KerasTensor:
    """(batch, height, width, channels) -> (batch, height / 2, width / 2, `width`).

    Args:
        x: the block's input.
        width: channels of the output.
        convolution: as in `up_block`.
        first: whether the input is images, to which no activation is applied.
        name: of the layer that gives the output.
    """
    y = convolution(width, 3)(x if first else layers.ReLU()(x))
    y = layers.AveragePooling2D(2)(convolution(width, 3)(layers.ReLU()(y)))
    return layers.Add(name=name)([y, convolution(width, 1)(layers.AveragePooling2D(2)(x))])


def level_block(x: keras.KerasTensor, convolution: Convolution, name: str | None = None) -> keras.KerasTensor:
    """A block that keeps the shape of its input; arguments as in `down_block`."""
    width = x.shape[-1]
    y = convolution(width, 3)(layers.ReLU()(x))
    return layers.Add(name=name)([convolution(width, 3)(layers.ReLU()(y)), x])


def pooled(x: keras.KerasTensor) -> keras.KerasTensor:
    """Global sum pooling after the activation: (batch, height, width, channels) -> (batch, channels)."""
    return ops.sum(layers.ReLU()(x), axis=(1, 2))
