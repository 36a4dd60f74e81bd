"""What every reader returns, and the checks that all of them share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from serving.common.errors import InputError
from serving.common.images import as_pillow, conform

MEMORY_LIMIT = 8 * 2**30


class MissingSplitError(InputError):
    """A data set that has no such split, which is no mistake where the split is not needed."""


class Shape(NamedTuple):
    """The shape of picture asked for; None keeps what the data has.

    Attributes:
        size: (height, width) in pixels.
        channels: 1 (grey) or 3 (RGB).
    """

    size: tuple[int, int] | None = None
    channels: int | None = None


def asked_shape(image_size: int | tuple[int, int] | None, channels: int | None) -> Shape:
    """What a caller asks for.

    Args:
        image_size: side of a square, or (height, width).
        channels: 1 or 3.

    Raises:
        InputError: another number of channels, or a side below 1.
    """
    if channels not in (None, 1, 3):
        raise InputError(f"`channels` must be 1 or 3. Received: {channels}.")
    size = (image_size, image_size) if isinstance(image_size, int) else image_size
    if size is not None and min(size) < 1:
        raise InputError(f"`image_size` must be at least 1. Received: {image_size}.")
    return Shape(size, channels)


@dataclass(frozen=True)
class Examples:
    """Pictures in memory, or mapped into it.

    Attributes:
        images: (n, height, width, channels), or pairs (n, 2, height, width, channels), uint8, or float32 in [-1, 1].
        labels: (n,) int64, or None.
        classes: names of the classes in the order of their labels; empty if unknown.
    """

    images: np.ndarray
    labels: np.ndarray | None = None
    classes: tuple[str, ...] = ()


def check_memory(name: str, n: int, shape: tuple[int, ...]) -> None:
    """Raises InputError where `n` pictures of `shape` do not fit in the memory set aside for data."""
    needed = n * int(np.prod(shape))
    if needed > MEMORY_LIMIT:
        raise InputError(
            f"{name} must fit in {MEMORY_LIMIT / 2**30:.0f} GiB once decoded. Received: {n} pictures of "
            f"{'x'.join(map(str, shape))}, {needed / 2**30:.1f} GiB; choose a smaller --image-size, or "
            "`keras-gen prepare` them and train on prepared:FOLDER."
        )


def from_arrays(
    name: str, images: np.ndarray, labels: np.ndarray | None, shape: Shape, classes: tuple[str, ...] = ()
) -> Examples:
    """Checks arrays and brings them to the shape asked for.

    Args:
        name: the source, for messages.
        images: (n, height, width[, channels]): uint8, uint16, bool, or float in [0, 1] or, where any value
            is negative, in [-1, 1].
        labels: (n,) or (n, 1) integers, or None.
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
    images = _conform(name, _pixels(name, images), shape)
    if labels is not None:
        labels = np.asarray(labels).reshape(len(labels), -1)
        if labels.shape != (len(images), 1) or labels.dtype.kind not in "iu":
            raise InputError(
                f"{name} must hold one integer label per picture ({len(images)}). "
                f"Received: {labels.dtype}, {labels.shape}."
            )
        labels = labels[:, 0].astype(np.int64)
    return Examples(images, labels, classes)


def conform_picture(picture: np.ndarray, shape: Shape) -> np.ndarray:
    """A uint8 picture, (height, width, 1 or 3), in the shape asked for."""
    return conform(as_pillow(picture), *shape)


def _pixels(name: str, images: np.ndarray) -> np.ndarray:
    """uint8 as it is, deeper integers and booleans scaled to it, floats in [-1, 1]."""
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
            f"{name} holds float pictures, which are used as they are: {'x'.join(map(str, images.shape[1:]))}. "
            f"Received: a wish for {'x'.join(map(str, wanted))}."
        )
    check_memory(name, len(images), wanted)
    return np.stack([conform_picture(picture, shape) for picture in images])
