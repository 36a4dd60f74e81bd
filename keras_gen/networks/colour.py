"""A U-Net that finds the colours of a grey picture, and leaves its lightness as it is.

Source: Isola et al. 2017, "Image-to-Image Translation with Conditional Adversarial Networks", section 4.2 and appendix
6.1: the input is L, the output a and b of CIE 1976 L*a*b*.
"""

from __future__ import annotations

import keras

from keras_gen.layers import SameLightness
from keras_gen.networks import unet
from keras_gen.networks.normalization import Normalization
from serving.common.errors import InputError

RGB, AB = 3, 2


def translator(
    image_shape: tuple[int, int, int],
    channels: int,
    filters: int = 64,
    depth: int | None = None,
    normalization: Normalization = "instance",
    dropout: float = 0.5,
) -> keras.Model:
    """Grey pictures of three equal channels, with sides that are multiples of `2 ** depth` -> the same in colour.

    Args:
        image_shape: (height, width, 3) of the training images.
        channels: of the output, 3.
        filters: as of the network `unet`, and likewise the others.
        depth: how often height and width are halved.
        normalization: `instance`, `batch` or `none`.
        dropout: dropout rate in training.

    Raises:
        InputError: pictures that are not RGB, and what `unet` refuses.
    """
    if (image_shape[2], channels) != (RGB, RGB):
        raise InputError(
            f"the network 'colour' must have RGB pictures on both sides. Received: {image_shape[2]} and {channels} "
            "channels."
        )
    finding = unet.translator(image_shape, AB, filters, depth, normalization, dropout)
    images = keras.Input((None, None, RGB), name="image")
    return keras.Model(images, SameLightness()(images, finding(images)), name="translator")
