"""The U-Net of pix2pix: an encoder down to one pixel, a decoder back up, and skip connections between the two.

Source: Isola et al. 2017, "Image-to-Image Translation with Conditional Adversarial Networks", appendix 6.1; Ronneberger
et al. 2015, "U-Net: Convolutional Networks for Biomedical Image Segmentation".
"""

from __future__ import annotations

import keras
from keras import layers

from keras_gen.layers import Dropout
from keras_gen.networks.initializers import small_normal
from keras_gen.networks.normalization import Normalization, normalized
from keras_gen.networks.sizes import check_multiple, even_halvings, widened
from serving.common.errors import require_at_least

DEEPEST = 8
DROPPED = 3


def translator(
    image_shape: tuple[int, int, int],
    channels: int,
    filters: int = 64,
    depth: int | None = None,
    normalization: Normalization = "instance",
    dropout: float = 0.5,
) -> keras.Model:
    """Images with sides that are multiples of `2 ** depth` -> (batch, height, width, `channels`) in [-1, 1].

    Args:
        image_shape: (height, width, channels) of the training images.
        channels: of the output.
        filters: channels after the first convolution; twice as many at each lower resolution, up to 8 times `filters`.
        depth: how often height and width are halved; by default as often as possible, at most 8 times.
        normalization: `batch`, as in the paper, whose batches of one make it `instance`; or `none`.
        dropout: dropout rate in training after the three innermost layers of the decoder, the noise of the paper.

    Raises:
        InputError: a size that cannot be halved `depth` times, or a value out of range.
    """
    depth = max(1, min(DEEPEST, even_halvings(image_shape))) if depth is None else depth
    require_at_least(1, filters=filters, depth=depth)
    check_multiple(image_shape, 2**depth, "unet")
    images = keras.Input((None, None, image_shape[2]), name="image")
    sizes = []
    x = layers.Conv2D(filters, 4, 2, "same", kernel_initializer=small_normal())(images)
    for stage in range(1, depth):
        sizes.append(x)
        x = layers.LeakyReLU(negative_slope=0.2)(x)
        x = layers.Conv2D(widened(filters, stage), 4, 2, "same", kernel_initializer=small_normal())(x)
        # The innermost picture may be a single pixel, which has no statistics of its own.
        x = normalized(x, normalization) if stage < depth - 1 else x
    for number, stage in enumerate(reversed(range(depth - 1))):
        x = layers.Conv2DTranspose(widened(filters, stage), 4, 2, "same", kernel_initializer=small_normal())(
            layers.ReLU()(x)
        )
        x = normalized(x, normalization)
        x = Dropout(dropout)(x) if dropout and number < DROPPED else x
        x = layers.Concatenate()([x, sizes.pop()])
    x = layers.Conv2DTranspose(channels, 4, 2, "same", activation="tanh", kernel_initializer=small_normal())(
        layers.ReLU()(x)
    )
    return keras.Model(images, x, name="translator")
