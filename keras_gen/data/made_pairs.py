"""Pairs whose first picture is computed from the second, in memory or one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from keras_gen.data.examples import DomainExamples, Examples, Shape
from keras_gen.data.forms import Inner
from keras_gen.data.streams import Stream
from serving.common.images import to_float, to_uint8

# uint8 (n, height, width, channels) to uint8 of the same shape.
Make: TypeAlias = Callable[[np.ndarray], np.ndarray]
BLOCK = 2048


def made_domains(inner: Inner, split: str, shape: Shape, make: Make) -> DomainExamples:
    """What is made of the pictures of a source, and these; both have the source's labels.

    Args:
        inner: the source.
        split: `train`, `test` or `all`.
        shape: of the pictures.
        make: computes the first domain.
    """
    pictures = inner.read(split, shape.of(1)).examples
    images = to_uint8(pictures.images)
    blocks = [make(images[start : start + BLOCK]) for start in range(0, len(images), BLOCK)]
    return DomainExamples(Examples(np.concatenate(blocks), pictures.labels, pictures.classes), pictures, paired=True)


def made_stream(inner: Inner, split: str, shape: Shape, make: Make, kind: str) -> tuple[Stream]:
    """The pairs of `made_domains`, made as they are asked for, of the source that `kind:SOURCE` names."""
    pictures = inner.stream(split, shape.of(1))
    pairs = ((_pair(picture, make), label) for picture, label in pictures.examples)
    return (replace(pictures, name=f"{kind}:{inner.name}", examples=pairs),)


def _pair(picture: np.ndarray, make: Make) -> np.ndarray:
    """A pair of the picture's own type."""
    made = make(to_uint8(picture)[None])
    return np.concatenate([made if picture.dtype == np.uint8 else to_float(made), picture[None]])
