"""`styles:SOURCE`: light figures on black of a grey source in four styles, which are the classes.

No picture is there in two styles. What a picture shows is known all the same: `restyled:SOURCE` has the same pictures
with the labels of the source.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from keras_gen.data.examples import Examples, Shape, joined, splits_of
from keras_gen.data.forms import Form, Inner
from keras_gen.data.sources.edges import outlines
from keras_gen.data.sources.textured import BLOCK, textured
from serving.common.errors import InputError
from serving.common.images import to_uint8

SOURCE = Form(
    ("styles:SOURCE",),
    "pictures of a grey source in four styles, plain, inverted, outlined and textured, which are the classes",
    wraps=True,
)
STYLES = ("plain", "inverted", "outlined", "textured")
CHANNELS = 3
# Of NumPy's default generator, which draws the colours and textures of a split.
SEEDS = {"train": 3000, "test": 3001}


def read(inner: Inner, split: str, shape: Shape) -> Examples:
    """RGB pictures in the order of the source, of one style after the other; the labels are the styles."""
    name = f"styles:{inner.name}"
    parts = [styled(name, inner, part, shape) for part in splits_of(split)]
    return joined(name, [Examples(part.images, _styles(len(part.images)), STYLES) for part in parts])


def styled(name: str, inner: Inner, split: str, shape: Shape) -> Examples:
    """The pictures of a split in their styles, with the source's own labels.

    Raises:
        InputError: other than three channels asked for, or a source that is not grey.
    """
    if shape.channels not in (None, CHANNELS):
        raise InputError(f"{name} must have 3 channels. Received: requested {shape.channels}.")
    source = inner.read(split, shape._replace(channels=None))
    figures = to_uint8(source.examples.images)
    if figures.shape[3] != 1 or len(figures) < len(STYLES):
        raise InputError(
            f"{name} must be made of {len(STYLES)} grey pictures or more. "
            f"Received: {len(figures)} of {figures.shape[3]} channels."
        )
    random = np.random.default_rng(SEEDS[split])
    makers: tuple[Callable[[np.ndarray], np.ndarray], ...]
    makers = (np.copy, np.invert, outlines, partial(textured, random=random))
    images = np.empty((*figures.shape[:3], CHANNELS), np.uint8)
    for style, make in enumerate(makers):
        of_style, made = figures[style :: len(STYLES)], images[style :: len(STYLES)]
        for start in range(0, len(of_style), BLOCK):
            made[start : start + BLOCK] = make(of_style[start : start + BLOCK])
    return Examples(images, source.examples.labels, source.classes)


def _styles(count: int) -> np.ndarray:
    return np.arange(count) % len(STYLES)
