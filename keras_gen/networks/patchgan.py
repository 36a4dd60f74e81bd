"""Discriminators that classify every patch of an image separately (PatchGAN).

The size of a patch is the receptive field of one logit: 1 pixel, or 16, 34, 70, 142 or 286 pixels for 1 to 5 strided
convolutions.

Source: Isola et al. 2017, "Image-to-Image Translation with Conditional Adversarial Networks", appendix 6.1.2.
"""

from __future__ import annotations

from typing import Literal

import keras
from keras import layers

from keras_gen.networks.initializers import small_normal
from keras_gen.networks.normalization import Normalization, normalized
from keras_gen.networks.sizes import widened
from serving.common.errors import InputError, require_among

FIELDS = (1, 16, 34, 70, 142, 286)
UNSTRIDED = 7


def patch_discriminator(
    image_shape: tuple[int, int, int],
    receptive_field: int | Literal["image"] = 70,
    filters: int = 64,
    normalization: Normalization = "instance",
) -> keras.Model:
    """(batch, height, width, channels) -> logits (batch, rows, columns, 1), one per patch.

    Args:
        image_shape: (height, width, channels).
        receptive_field: side of a patch: 1, 16, 34, 70, 142 or 286; or `image` for the smallest that covers the
            whole image.
        filters: channels after the first convolution; twice as many at each lower resolution, up to 8 times `filters`.
        normalization: `instance`, `batch` or `none`.

    Raises:
        InputError: an unknown receptive field, or an image that is too small for it.
    """
    images = keras.Input(image_shape, name="image")
    strided = _strided(image_shape, receptive_field)
    kernel_size, stride = (1, 1) if receptive_field == 1 else (4, 2)
    x = images
    for stage in range(strided + 1):
        step = 1 if stage == strided else stride
        x = layers.Conv2D(widened(filters, stage), kernel_size, step, "same", kernel_initializer=small_normal())(x)
        x = normalized(x, normalization) if stage and x.shape[1] * x.shape[2] > 1 else x
        x = layers.LeakyReLU(negative_slope=0.2, name=f"features_{stage + 1}")(x)
    logits = layers.Conv2D(1, kernel_size, 1, "same", kernel_initializer=small_normal())(x)
    return keras.Model(images, logits, name="patch_discriminator")


def _strided(image_shape: tuple[int, int, int], receptive_field: int | str) -> int:
    """Number of convolutions that halve the image; with 1x1 convolutions, their number before the last two."""
    if receptive_field == "image":
        receptive_field = next((field for field in FIELDS if field >= max(image_shape[:2])), FIELDS[-1])
    require_among((*map(str, FIELDS), "image"), receptive_field=str(receptive_field))
    if receptive_field == 1:
        return 1
    strided = FIELDS.index(receptive_field)
    if min(image_shape[:2]) < 2**strided:
        raise InputError(
            f"the receptive field {receptive_field} must have pictures of at least {2**strided} pixels a side. "
            f"Received: {image_shape[0]}x{image_shape[1]}."
        )
    return strided
