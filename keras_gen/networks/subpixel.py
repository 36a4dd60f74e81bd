"""The generator of SRResNet: residual blocks at the size of the small picture, then pixels made of channels.

Source: Ledig et al. 2017, "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network",
figure 4; without batch normalization, Lim et al. 2017, "Enhanced Deep Residual Networks for Single Image
Super-Resolution", section 3.1; Shi et al. 2016, "Real-Time Single Image and Video Super-Resolution Using an Efficient
Sub-Pixel Convolutional Neural Network", equation 4.
"""

from __future__ import annotations

import keras
from keras import layers

from keras_gen.layers import SubPixel
from keras_gen.networks.normalization import Normalization, normalized
from keras_gen.networks.sizes import check_multiple
from serving.common.errors import InputError, require_at_least

FACTORS = (2, 4)
# Of what a block adds, so that a deep network begins near the identity.
BLOCK_SCALE = 0.1


def translator(
    image_shape: tuple[int, int, int],
    channels: int,
    filters: int = 64,
    blocks: int = 8,
    factor: int = 2,
    normalization: Normalization = "none",
) -> keras.Model:
    """Small pictures whose pixels are shown as `factor` x `factor` -> (batch, height, width, `channels`) in [-1, 1].

    What the network learns is added to the picture that it is given.

    Args:
        image_shape: (height, width, channels) of the training images, whose sides are multiples of `factor`.
        channels: of the output.
        filters: channels of the residual blocks.
        blocks: number of residual blocks.
        factor: 2 or 4: by how much the pictures were made smaller.
        normalization: `none`, `instance` or `batch`.

    Raises:
        InputError: sides that are no multiples of the factor, or a value out of range.
    """
    require_at_least(1, filters=filters, blocks=blocks)
    if factor not in FACTORS:
        raise InputError(f"`factor` must be 2 or 4. Received: {factor!r}.")
    check_multiple(image_shape, factor, "subpixel")
    images = keras.Input((None, None, image_shape[2]), name="image")
    small = layers.AveragePooling2D(factor)(images)
    x = first = layers.Conv2D(filters, 3, padding="same")(small)
    for _ in range(blocks):
        y = layers.ReLU()(normalized(layers.Conv2D(filters, 3, padding="same")(x), normalization))
        y = normalized(layers.Conv2D(filters, 3, padding="same")(y), normalization)
        x = layers.Add()([x, layers.Rescaling(BLOCK_SCALE)(y)])
    x = layers.Add()([x, first])
    for _ in range(FACTORS.index(factor) + 1):
        x = layers.ReLU()(SubPixel(2)(layers.Conv2D(4 * filters, 3, padding="same")(x)))
    x = layers.Conv2D(channels, 3, padding="same", kernel_initializer="zeros")(x)
    shown = images if channels == image_shape[2] else layers.Conv2D(channels, 1)(images)
    return keras.Model(images, keras.ops.clip(layers.Add()([x, shown]), -1.0, 1.0), name="translator")
