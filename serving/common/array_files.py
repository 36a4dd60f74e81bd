"""Pictures in `.npy` files, which hold any number of channels: an array (height, width, channels) in each."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from serving.common.errors import InputError
from serving.common.files import whole_file
from serving.common.levels import BITS_1, BITS_8, BITS_16, Levels

SUFFIX = ".npy"
SCALES = {np.dtype(np.uint8): BITS_8, np.dtype(np.uint16): BITS_16, np.dtype(np.bool_): BITS_1}


def is_array_name(path: Path) -> bool:
    """Whether a file's suffix is that of an array."""
    return path.suffix.lower() == SUFFIX


def read_picture(path: Path, channels: int, max_pixels: int, levels: Levels) -> np.ndarray:
    """The picture of a file.

    Args:
        path: of an array (height, width, channels), or (height, width) for one channel.
        channels: how many it must have.
        max_pixels: a larger picture is refused before it is read.
        levels: which numbers become black and white; without a range, those of full scale.

    Returns:
        uint8 (height, width, channels).

    Raises:
        InputError: the file is no array, or one of another shape or type; the message names it.
    """
    array = _mapped(path)
    shape = (*array.shape, 1) if array.ndim == 2 else array.shape
    if len(shape) != 3 or shape[2] != channels or 0 in shape:
        raise InputError(f"{path} must hold a picture (height, width, {channels}). Received: {array.shape}.")
    if shape[0] * shape[1] > max_pixels:
        raise InputError(f"{path} must have at most {max_pixels} pixels. Received: {shape[1]}x{shape[0]}.")
    return _eight_bits(path, np.array(array).reshape(shape), levels)


def write_array(path: Path, array: np.ndarray) -> None:
    """Writes an array as `.npy`, completely or not at all."""
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def _mapped(path: Path) -> np.ndarray:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{path} must be a .npy file. Received: {' '.join(str(error).split())[:120]}") from error
    if not isinstance(array, np.ndarray):
        raise InputError(f"{path} must be a .npy file. Received: an archive of arrays.")
    return array


def _eight_bits(path: Path, numbers: np.ndarray, levels: Levels) -> np.ndarray:
    full = SCALES.get(numbers.dtype)
    if full == BITS_8 and (levels.keep_bytes or levels.value_range is None):
        return numbers
    if full is None and (levels.value_range is None or numbers.dtype.kind not in "iuf"):
        raise InputError(
            f"{path} must hold uint8, uint16 or bool, or other numbers where the bundle was trained with a "
            f"--value-range. Received: {numbers.dtype}."
        )
    if numbers.dtype.kind == "f" and not np.isfinite(numbers).all():
        raise InputError(f"{path} must hold finite numbers. Received: nan or inf.")
    return levels.in_eight_bits(numbers, full or BITS_16)
