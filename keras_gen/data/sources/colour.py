"""`colour:SOURCE`: pictures in colour of any source as domain B, and the same in grey as domain A.

The grey of a pixel has its lightness, L of CIE 1976 L*a*b*, so that what a model has to find is a and b.
"""

from __future__ import annotations

import numpy as np

from keras_gen.data.examples import DomainExamples, Shape
from keras_gen.data.forms import Form, Inner
from keras_gen.data.made_pairs import made_domains, made_stream
from keras_gen.data.streams import Stream
from serving.common.errors import InputError

DOMAINS = Form(
    ("colour:SOURCE",),
    "pictures in colour of any source, and the same in grey of the same lightness, to learn the colours",
    wraps=True,
)
RGB = 3
# Of the luminance, from red, green and blue: IEC 61966-2-1 with the primaries of ITU-R BT.709.
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def read_domains(inner: Inner, split: str, shape: Shape) -> DomainExamples:
    """Grey pictures of three equal channels, and those that they are of; both have the source's labels."""
    return made_domains(inner, split, shape, grey_of_same_lightness)


def stream_domains(inner: Inner, split: str, shape: Shape) -> tuple[Stream]:
    """The pairs of `read_domains`, made as they are asked for."""
    return made_stream(inner, split, shape, grey_of_same_lightness, "colour")


def grey_of_same_lightness(images: np.ndarray) -> np.ndarray:
    """The grey of sRGB with the luminance, and so the lightness, of each pixel.

    Args:
        images: uint8 (n, height, width, 3).

    Returns:
        uint8 of the same shape, all channels alike.

    Raises:
        InputError: pictures that are not RGB.

    Source: IEC 61966-2-1, "Default RGB colour space - sRGB".
    """
    if images.shape[-1] != RGB:
        raise InputError(f"colour:SOURCE must be made of RGB pictures. Received: {images.shape[-1]} channels.")
    luminance = np.clip(linear(images / 255) @ LUMINANCE, 0, 1)
    encoded = np.where(luminance <= 0.0031308, 12.92 * luminance, 1.055 * luminance ** (1 / 2.4) - 0.055)
    return np.rint(255 * encoded).astype(np.uint8)[..., None].repeat(RGB, axis=-1)


def linear(encoded: np.ndarray) -> np.ndarray:
    """Amounts of light, in [0, 1], of numbers of sRGB in [0, 1]."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
