"""From arrays as people have them to pictures in the shape asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_gen.data.examples import Examples, Shape, check_memory
from keras_gen.data.labels import named_classes
from serving.bundle.inputs import size_text
from serving.common.errors import InputError
from serving.common.images import as_pillow, conform


def from_arrays(name: str, images: np.ndarray, labels: Any, shape: Shape, classes: tuple[str, ...] = ()) -> Examples:
    """Checks arrays and brings them to the shape asked for.

    Args:
        name: the source, for messages.
        images: (n, height, width[, channels]): uint8, uint16, bool, or float in [0, 1] or, where any value
            is negative, in [-1, 1].
        labels: as `named_classes` takes them, or None.
        shape: what is asked for.
        classes: names of the classes.

    Raises:
        InputError: another shape or type, no pictures, a pixel out of range or not finite, labels that do
            not match.
    """
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.shape[3] not in (1, 3) or 0 in images.shape:
        raise InputError(
            f"{name} must hold pictures (n, height, width[, 1 or 3]), n at least 1. Received: {images.shape}."
        )
    images = _conform(name, pixels(name, images), shape)
    if labels is not None:
        labels, classes = named_classes(name, labels, len(images), classes)
    return Examples(images, labels, classes)


def pairs_from(name: str, pairs: np.ndarray, shape: Shape) -> Examples:
    """Checks pairs (n, 2, height, width, channels), whose pictures are otherwise as `from_arrays` takes them."""
    if pairs.ndim != 5 or pairs.shape[1] != 2:
        raise InputError(f"{name} must hold pairs (n, 2, height, width, 1 or 3). Received: {pairs.shape}.")
    images = from_arrays(name, pairs.reshape(-1, *pairs.shape[2:]), None, shape).images
    return Examples(images.reshape(-1, 2, *images.shape[1:]))


def conform_picture(picture: np.ndarray, shape: Shape) -> np.ndarray:
    """A uint8 picture, (height, width, 1 or 3), in the shape asked for."""
    return conform(as_pillow(picture), *shape)


def pixels(name: str, images: np.ndarray) -> np.ndarray:
    """Of (n, height, width, channels): uint8 as it is, deeper integers and booleans scaled to it, floats in [-1, 1]."""
    if images.dtype == np.uint8:
        return images
    if images.dtype == np.bool_:
        return images.astype(np.uint8) * np.uint8(255)
    if images.dtype == np.uint16:
        return np.rint(images / 257.0).astype(np.uint8)
    if images.dtype.kind != "f":
        raise InputError(f"{name} must hold uint8, uint16, bool or float pictures. Received: {images.dtype}.")
    finite = np.isfinite(images).all(axis=(1, 2, 3))
    if not finite.all():
        raise InputError(f"{name} must hold finite pixels. Received: nan or inf in picture {finite.argmin()}.")
    low, high = float(images.min()), float(images.max())
    if low < -1 or high > 1:
        raise InputError(f"{name} must hold float pixels in [0, 1] or [-1, 1]. Received: {low:g} to {high:g}.")
    return (images if low < 0 else images * 2.0 - 1.0).astype(np.float32)


def _conform(name: str, images: np.ndarray, shape: Shape) -> np.ndarray:
    wanted = (*(shape.size or images.shape[1:3]), shape.channels or images.shape[3])
    if images.shape[1:] == wanted:
        return images
    if images.dtype != np.uint8:
        raise InputError(
            f"{name} holds float pictures, which are used in their own size: {size_text(images.shape[1:])}. "
            f"Received: requested {size_text(wanted)}."
        )
    check_memory(name, len(images), wanted)
    return np.stack([conform_picture(picture, shape) for picture in images])
