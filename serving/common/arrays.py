"""Arrays that callers give, and room for those that they ask for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from serving.common.errors import InputError


def finite_floats(name: str, values: Any) -> np.ndarray:
    """Numbers as float32.

    Args:
        name: of the argument, for the message.
        values: an array, or what NumPy makes one of.

    Raises:
        InputError: no numbers, or one that is not finite as float32.
    """
    array = plain_array(name, values)
    if array.dtype.kind not in "fiu":
        raise InputError(f"`{name}` must be numbers. Received: {array.dtype}.")
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is named below
        array = array.astype(np.float32, copy=False)
    require_finite(name, array)
    return array


def plain_array(name: str, values: Any) -> np.ndarray:
    """`np.asarray`, whose errors name the argument.

    Raises:
        InputError: rows of different lengths.
    """
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InputError(f"`{name}` must be an array. Received: {' '.join(str(error).split())}") from error


def require_finite(name: str, array: np.ndarray) -> None:
    """Raises InputError for an array with nan or inf, and names the first row that has one."""
    finite = np.isfinite(array)
    if not finite.all():
        row = int(np.argmin(finite)) // max(1, math.prod(array.shape[1:]))
        raise InputError(f"`{name}` must be finite. Received: nan or inf in row {row}.")


def room_for(name: str, n: int, axes: tuple[int, ...], dtype: str) -> np.ndarray:
    """An array (n, *axes) that is yet to be filled.

    Args:
        name: of the argument that says how many, for the message.
        n: rows.
        axes: the shape of a row.
        dtype: NumPy's name of the element type.

    Raises:
        InputError: an array that memory cannot hold.
    """
    try:
        return np.empty((n, *axes), dtype)
    except (MemoryError, ValueError, OverflowError) as error:
        size = n * math.prod(axes) * np.dtype(dtype).itemsize / 1e9
        raise InputError(
            f"`{name}` must be so small that all rows fit into memory. Received: {n}, which take {size:.3g} GB."
        ) from error
