"""From arrays as people have them to pictures in the shape asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_gen.data.examples import Examples, Shape, check_memory
from keras_gen.data.labels import named_classes
from serving.bundle.inputs import size_text
from serving.common.errors import InputError
from serving.common.images import MODES, check_channels, conform_array
from serving.common.interpolation import some
from serving.common.levels import BITS_1, BITS_8, BITS_16, Levels

# What rounding may have left of floats outside of their range: less than half a grey level.
HAIR = 0.5 / 255
# Pictures that tell of the range of many.
SAMPLE = 256
SCALES = {np.dtype(np.uint8): BITS_8, np.dtype(np.uint16): BITS_16, np.dtype(np.bool_): BITS_1}
OF_OTHERS = "--value-range LOW,HIGH says which numbers of others are black and white."
UNIT, SIGNED = (0.0, 1.0), (-1.0, 1.0)


def from_arrays(name: str, images: np.ndarray, labels: Any, shape: Shape, classes: tuple[str, ...] = ()) -> Examples:
    """Checks arrays and brings them to the shape asked for.

    Args:
        name: the source, for messages.
        images: (n, height, width[, channels]): uint8, uint16, bool, or float in [0, 1] or, where any value
            is negative, in [-1, 1]; any integers and floats where the shape has a range of them. More than four
            channels must be asked for, as the last axis of pictures with channels first may be their width.
        labels: as `named_classes` takes them, or None.
        shape: what is asked for.
        classes: names of the classes.

    Raises:
        InputError: another shape or type, no pictures, a pixel out of range or not finite, labels that do
            not match.
    """
    images = _checked(name, images, shape)
    images = _conform(name, pixels(name, images, shape.levels or Levels()), shape)
    if labels is not None:
        labels, classes = named_classes(name, labels, len(images), classes)
    return Examples(images, labels, classes)


def _checked(name: str, images: np.ndarray, shape: Shape) -> np.ndarray:
    """Pictures (n, height, width, channels)."""
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or 0 in images.shape:
        raise InputError(
            f"{name} must hold pictures (n, height, width[, channels]), n at least 1. Received: {images.shape}."
        )
    require_channels(name, images.shape, shape)
    return images


def require_channels(name: str, received: tuple[int, ...], shape: Shape) -> None:
    """Raises InputError where the last axis is not the channels that are asked for, or cannot become them; without
    any asked for, where it is longer than that of a picture."""
    channels = received[-1]
    check_channels(name, channels, shape.channels)
    if shape.channels is None and channels not in MODES:
        raise InputError(
            f"{name} must have 1 to 4 channels, in the last axis, where no --channels says that there are more. "
            f"Received: {received}."
        )


def pairs_from(name: str, pairs: np.ndarray, shape: Shape) -> Examples:
    """Checks pairs (n, 2, height, width, channels), whose pictures are otherwise as `from_arrays` takes them."""
    if pairs.ndim != 5 or pairs.shape[1] != 2:
        raise InputError(f"{name} must hold pairs (n, 2, height, width, channels). Received: {pairs.shape}.")
    images = _checked(name, pairs.reshape(-1, *pairs.shape[2:]), shape)
    # Both domains at once, which have one range.
    both = pixels(name, images, shape.levels or Levels()).reshape(-1, 2, *images.shape[1:])
    return Examples(np.stack([_conform(name, both[:, domain], shape.of(domain)) for domain in (0, 1)], axis=1))


def conform_picture(name: str, picture: np.ndarray, shape: Shape) -> np.ndarray:
    """A uint8 picture, (height, width, channels), in the shape asked for."""
    return conform_array(name, picture, shape.size, shape.channels, shape.interpolation.resampling)


def pixels(name: str, images: np.ndarray, levels: Levels) -> np.ndarray:
    """Of (n, height, width, channels): uint8 of integers and booleans, float32 in [-1, 1] of floats."""
    if images.dtype.kind == "f":
        return _floats(name, images, levels)
    known = SCALES.get(images.dtype)
    if levels.value_range is None and not levels.measuring:
        if known is None:
            raise InputError(
                f"{name} must hold uint8, uint16, bool or float pictures. Received: {images.dtype}. {OF_OTHERS}"
            )
        if known == BITS_8:
            shown = _some(images)
            levels.note(int(shown.min()), int(shown.max()), known)
            return images
    if images.dtype.kind not in "iub":
        raise InputError(f"{name} must hold integers or floats. Received: {images.dtype}.")
    return levels.in_eight_bits(images, known or BITS_16)


def _some(images: np.ndarray) -> np.ndarray:
    """What tells of the range of all: an array that is mapped from a file should not be read whole for it."""
    if not isinstance(images, np.memmap) or len(images) <= SAMPLE:
        return images
    return images[np.sort(np.random.default_rng(0).choice(len(images), SAMPLE, replace=False))]


def _floats(name: str, images: np.ndarray, levels: Levels) -> np.ndarray:
    finite = np.isfinite(images).all(axis=(1, 2, 3))
    if not finite.all():
        raise InputError(f"{name} must hold finite pixels. Received: nan or inf in picture {finite.argmin()}.")
    low, high = float(images.min()), float(images.max())
    full, hair = (UNIT, HAIR) if low >= -HAIR else (SIGNED, 2 * HAIR)
    given = levels.value_range is not None or levels.measuring
    if not given and (low < full[0] - hair or high > full[1] + hair):
        raise InputError(
            f"{name} must hold float pixels in [0, 1] or [-1, 1]. Received: {low:g} to {high:g}. {OF_OTHERS}"
        )
    return levels.in_floats(images, full)


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
    shape.interpolation.settle(some(images), shape.size)
    return np.stack([conform_picture(name, picture, shape) for picture in images])
