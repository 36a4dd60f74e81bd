"""`smaller:SOURCE`: pictures of any source as domain B, and the same with half the sides as domain A.

Both domains have pictures of one size, so every pixel of the smaller picture is repeated; the network `subpixel` takes
that back.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from PIL import Image

from keras_gen.data.examples import DomainExamples, Shape
from keras_gen.data.forms import Form, Inner
from keras_gen.data.made_pairs import made_domains, made_stream
from keras_gen.data.streams import Stream
from serving.common.errors import InputError
from serving.common.images import by_channel

DOMAINS = Form(
    ("smaller:SOURCE",),
    "pictures of any source, and the same made smaller by 2, each pixel shown as 2x2, to learn to enlarge",
    wraps=True,
)
FACTOR = 2


def read_domains(inner: Inner, split: str, shape: Shape, factor: int = FACTOR) -> DomainExamples:
    """Pictures made smaller, and those that they are of; both have the source's labels and channels."""
    return made_domains(inner, split, shape, partial(_all_smaller, factor=factor))


def stream_domains(
    inner: Inner, split: str, shape: Shape, factor: int = FACTOR, kind: str = "smaller"
) -> tuple[Stream]:
    """The pairs of `read_domains`, made as they are asked for."""
    return made_stream(inner, split, shape, partial(_all_smaller, factor=factor), kind)


def smaller(picture: np.ndarray, factor: int) -> np.ndarray:
    """A picture whose sides are divided by a factor, with a cubic filter against aliasing, and whose pixels are then
    repeated.

    Args:
        picture: uint8 (height, width, channels).
        factor: of the sides.

    Returns:
        uint8 of the same shape.

    Raises:
        InputError: sides that are no multiples of the factor.
    """
    height, width = picture.shape[:2]
    if height % factor or width % factor:
        raise InputError(
            f"pictures that are made smaller must have sides that are multiples of {factor}. "
            f"Received: {height}x{width}; choose another --image-size."
        )
    size = (width // factor, height // factor)
    small = by_channel(picture, partial(Image.Image.resize, size=size, resample=Image.Resampling.BICUBIC))
    return small.reshape(*size[::-1], -1).repeat(factor, axis=0).repeat(factor, axis=1)


def _all_smaller(pictures: np.ndarray, factor: int) -> np.ndarray:
    return np.stack([smaller(picture, factor) for picture in pictures])
