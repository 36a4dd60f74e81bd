"""Tensors of the Open Inference Protocol over REST: as numbers in JSON, or as bytes behind it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from serving.bundle.ports import DATA_TYPES
from serving.server.limits import Limits
from serving.server.refusals import Reason, RefusedError

# NumPy's types by the protocol's names, in the byte order of the binary extension.
TYPES = {name: np.dtype(kind).newbyteorder("<") for kind, name in DATA_TYPES.items()}
# Axes of a tensor; NumPy has no more than 64, and no network of a bundle more than 8.
MOST_AXES = 16


def shape_of(name: str, given: object, limits: Limits, item_bytes: int) -> tuple[int, ...]:
    """A shape whose tensor is within the limit of a body, counted before memory is taken.

    Raises:
        RefusedError: INVALID for no list of sizes, TOO_LARGE.
    """
    sizes = isinstance(given, list) and len(given) <= MOST_AXES
    if not sizes or not all(type(size) is int and size >= 1 for size in given):  # type: ignore[attr-defined]
        raise RefusedError(Reason.INVALID, f"the shape of {name} must be a list of at most {MOST_AXES} sizes above 0")
    shape: tuple[int, ...] = tuple(given)  # type: ignore[arg-type]
    if math.prod(shape) * item_bytes > limits.body_bytes:
        raise RefusedError(Reason.TOO_LARGE, f"{name} must have at most {limits.body_bytes} bytes")
    return shape


def of_bytes(name: str, data_type: str, shape: tuple[int, ...], content: memoryview) -> np.ndarray:
    """A tensor of its bytes, which it shares.

    Raises:
        RefusedError: INVALID where there are more or fewer bytes than the shape needs.
    """
    kind = TYPES[data_type]
    expected = math.prod(shape) * kind.itemsize
    if len(content) != expected:
        raise RefusedError(
            Reason.INVALID,
            f"{name} of the shape {list(shape)} must have {expected} bytes. Received: {len(content)}",
        )
    return np.frombuffer(content, kind).reshape(shape)


def of_numbers(name: str, data_type: str, shape: tuple[int, ...], data: object, booleans: bool) -> np.ndarray:
    """A tensor of the numbers of JSON, nested as its axes or in one list.

    Args:
        name: of the tensor, as messages have it.
        data_type: the protocol's name.
        shape: of the tensor.
        data: from JSON.
        booleans: whether there may be true or false among the numbers, for which NumPy takes 1 and 0.

    Raises:
        RefusedError: INVALID for other values than numbers, numbers out of the type's range, or another shape.
    """
    if not isinstance(data, list):
        raise RefusedError(Reason.INVALID, f"the data of {name} must be a list")
    try:
        numbers = np.array(data)
    except (ValueError, OverflowError):
        raise RefusedError(Reason.INVALID, f"the data of {name} must be nested evenly") from None
    if numbers.dtype.kind not in "iuf" or (booleans and any(type(value) is bool for value in _values(data))):
        raise RefusedError(Reason.INVALID, f"the data of {name} must be numbers")
    if numbers.size != math.prod(shape) or (numbers.ndim > 1 and numbers.shape != shape):
        raise RefusedError(
            Reason.INVALID,
            f"the data of {name} must have the shape {list(shape)}, nested or in one list. "
            f"Received: {list(numbers.shape)}",
        )
    return _as_type(name, numbers.reshape(shape), TYPES[data_type])


def _as_type(name: str, numbers: np.ndarray, kind: np.dtype) -> np.ndarray:
    if kind.kind == "f":
        with np.errstate(over="ignore"):
            floats = numbers.astype(kind)
        if not np.isfinite(floats).all():
            raise RefusedError(Reason.INVALID, f"the data of {name} must be numbers that {kind.name} holds")
        return floats
    limits = np.iinfo(kind)
    if numbers.dtype.kind == "f" or numbers.min() < limits.min or numbers.max() > limits.max:
        raise RefusedError(Reason.INVALID, f"the data of {name} must be integers from {limits.min} to {limits.max}")
    return numbers.astype(kind)


def _values(data: list[Any]) -> Iterator[Any]:
    for value in data:
        if isinstance(value, list):
            yield from _values(value)
        else:
            yield value
