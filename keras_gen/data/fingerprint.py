"""What a data set is recognized by, so that a run that goes on with other data than it began with is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_gen.data.labels import shown
from keras_gen.data.source import Source
from serving.bundle.inputs import size_text

# Up to so many bytes are hashed whole: a quarter of a second. Of more, so many pictures are, and pixels of all others.
WHOLE = 256 * 2**20
PICTURES, PIXELS = 512, 64
BLOCK = 1024


def fingerprint(source: Source) -> dict[str, Any]:
    """Classes, number and shape of the pictures, and hashes of labels and contents in their order; for JSON.

    Args:
        source: pictures that are mapped from a file are not all read.
    """
    images, labels = source.examples.images, source.examples.labels
    return {
        "classes": list(source.classes),
        "count": len(source),
        "shape": list(source.image_shape),
        "labels": None if labels is None else _hash([labels]),
        "contents": _hash(_samples(images)),
    }


def difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, str] | None:
    """What was, and what is instead; None for the same data.

    Args:
        before: of `fingerprint`.
        now: the same.
    """
    texts = {
        "shape": lambda of: f"pictures of {size_text(of)}",
        "classes": lambda of: f"the classes {shown(of)}" if of else "no classes",
        "count": lambda of: f"{of} pictures",
        "labels": lambda of: "the same labels in the same order",
        "contents": lambda of: "the same pictures in the same order",
    }
    for name, text in texts.items():
        if before.get(name) != now[name]:
            same = name in ("labels", "contents")
            return text(before.get(name)), "others, or another order" if same else text(now[name])
    return None


def _samples(images: np.ndarray) -> list[np.ndarray]:
    """The arrays that stand for all pictures."""
    if images.nbytes <= WHOLE:
        return [images[start : start + BLOCK] for start in range(0, len(images), BLOCK)]
    some = np.linspace(0, len(images) - 1, min(len(images), PICTURES)).astype(int)
    samples = [images[place] for place in some]
    # Reading a few pixels of each picture of a file would read the file.
    if not isinstance(images, np.memmap):
        random = np.random.default_rng(0)
        rows, columns, channels = (random.integers(side, size=PIXELS) for side in images.shape[1:])
        samples.append(images[:, rows, columns, channels])
    return samples


def _hash(arrays: list[np.ndarray]) -> str:
    digest = hashlib.sha1(usedforsecurity=False)
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
