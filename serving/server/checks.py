"""Whether a request can be computed, found out before it waits together with those of others.

What comes out of a check is as the networks take it: a request that passed can fail for no reason of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from serving.bundle.manifest import Manifest, Tensor
from serving.bundle.names import LABEL, START, TRUNCATION, N
from serving.common.noise import INT64
from serving.server.catalogue import Served
from serving.server.limits import Limits
from serving.server.plans import Kind
from serving.server.refusals import Reason, RefusedError
from serving.server.requests import Request
from serving.translation import is_translator
from serving.translation.translator import TILE

Sizes = dict[str, int]
HEIGHT, WIDTH = "height", "width"


@dataclass(frozen=True, slots=True)
class Checked:
    """A request that can be computed.

    Attributes:
        values: name -> array, as the networks take it.
        rows: how many.
        shape: the sizes of free axes other than that of the rows; what differs in them cannot be joined.
        bytes: of inputs and outputs together.
    """

    values: dict[str, np.ndarray]
    rows: int
    shape: tuple[int, ...]
    bytes: int


def check(request: Request, limits: Limits) -> Checked:
    """Checks a request whole.

    Raises:
        RefusedError: INVALID or TOO_LARGE, with what was expected and what came.
    """
    served, plan = request.served, request.served.plan
    _check_names(request)
    sizes: Sizes = {}
    values = {name: _inside(name, request.inputs[name], tensor, sizes) for name, tensor in plan.inputs.items()}
    rows = _rows(values, sizes, served, limits)
    size = sum(array.nbytes for array in values.values()) + _made_bytes(plan.outputs, sizes, limits)
    for name, tensor in plan.inputs.items():
        _check_values(name, values[name], tensor, rows, served.bundle.manifest)
    shape = tuple(size for axis, size in sizes.items() if axis != N)
    if shape:
        _check_sides(sizes, served.bundle.manifest, limits)
    return Checked(values, rows, shape, size)


def _check_names(request: Request) -> None:
    """Raises INVALID unless every input is there, none else, and no output is asked for that is not made."""
    plan = request.served.plan
    if request.inputs.keys() != plan.inputs.keys():
        raise _invalid(f"inputs must be {_join(plan.inputs)}. Received: {_join(request.inputs)}.")
    unknown = [name for name in request.outputs if name not in plan.outputs]
    if unknown:
        raise _invalid(f"outputs must be among {_join(plan.outputs)}. Received: {_join(unknown)}.")


def _inside(name: str, array: np.ndarray, tensor: Tensor, sizes: Sizes) -> np.ndarray:
    """An array of the shape that clients give as the network takes it; the sizes of its free axes are noted."""
    axes = tensor.axes
    if array.dtype != tensor.dtype:
        raise _invalid(f"`{name}` must be {tensor.dtype}. Received: {array.dtype}.")
    expected: tuple[int | str, ...] = axes if len(axes) > 1 else (*axes, 1)
    fits = len(expected) == array.ndim
    for axis, size in zip(expected, array.shape, strict=False):
        wanted = axis if isinstance(axis, int) else sizes.setdefault(axis, size)
        fits = fits and size == wanted and size > 0
    if not fits:
        told = ", ".join(str(sizes.get(axis, axis)) if axis != N else N for axis in map(_as_text, expected))
        raise _invalid(f"`{name}` must have the shape ({told}). Received: {_shape_text(array.shape)}.")
    if len(axes) < 2:
        array = array.reshape(array.shape[: len(axes)])
    flags = array.flags
    return array if flags.c_contiguous and flags.aligned else np.array(array, order="C")


def _rows(values: Mapping[str, np.ndarray], sizes: Sizes, served: Served, limits: Limits) -> int:
    """How many rows a request has: as many as its arrays, or as its number says."""
    given = values.get(N)
    if given is not None and not given.ndim:
        _require(N, int(given), 1, INT64.max)
        rows = sizes.setdefault(N, int(given))
        if rows != int(given):
            raise _invalid(f"arrays must have `n` = {int(given)} rows. Received: {rows} rows.")
    rows = sizes.get(N, 1)
    whole = any(stage.kind is Kind.WHOLE for stage in served.plan.stages)
    most = min(limits.rows, limits.whole_rows) if whole else limits.rows
    if rows > most:
        raise RefusedError(Reason.TOO_LARGE, f"a request must have at most {most} rows. Received: {rows}.")
    return rows


def _made_bytes(outputs: Mapping[str, Tensor], sizes: Sizes, limits: Limits) -> int:
    """Bytes that the outputs take, as far as their sizes follow from those of the inputs."""
    size = 0
    for tensor in outputs.values():
        axes = [axis if isinstance(axis, int) else sizes.get(axis, 1) for axis in tensor.axes]
        size += math.prod(axes) * np.dtype(tensor.dtype).itemsize
    if size > limits.output_bytes:
        raise RefusedError(
            Reason.TOO_LARGE, f"outputs must take at most {limits.output_bytes} bytes. Received: a request for {size}."
        )
    return size


def _check_values(name: str, array: np.ndarray, tensor: Tensor, rows: int, manifest: Manifest) -> None:
    """Numbers that a network was made for, as the library checks them."""
    if tensor.dtype == "float32":
        if name == TRUNCATION and not array.ndim:
            if not array > 0:  # infinity is none at all
                raise _invalid(f"`{name}` must be above 0. Received: {float(array)}.")
        elif not np.isfinite(array).all():
            raise _invalid(f"`{name}` must be finite. Received: nan or inf.")
    elif name == START and not array.ndim:
        _require(name, int(array), 0, INT64.max - rows)
    elif tensor.dtype == "int64" and (name == LABEL or tensor.range is not None):
        low, high = tensor.range or (0, max(0, len(manifest.classes) - 1))
        if name == LABEL and manifest.classes:
            high = min(high, len(manifest.classes) - 1)
        _require(name, int(array.min()), int(low), int(high))
        _require(name, int(array.max()), int(low), int(high))


def _check_sides(sizes: Sizes, manifest: Manifest, limits: Limits) -> None:
    """Pictures of any size: a network of a translator takes some sides, and memory for what it computes inside."""
    pixels = math.prod(size for axis, size in sizes.items() if axis != N)
    most, multiple = limits.pixels, manifest.image.multiple
    if is_translator(manifest):
        most = min(most, TILE * TILE)
        for axis in (HEIGHT, WIDTH):
            if axis in sizes and (sizes[axis] % multiple or sizes[axis] < 2 * multiple):
                raise _invalid(
                    f"`{axis}` must be a multiple of {multiple} from {2 * multiple} on. Received: {sizes[axis]}."
                )
    if pixels > most:
        raise RefusedError(Reason.TOO_LARGE, f"a picture must have at most {most} pixels. Received: {pixels}.")


def _require(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise _invalid(f"`{name}` must be from {low} to {high}. Received: {value}.")


def _invalid(message: str) -> RefusedError:
    return RefusedError(Reason.INVALID, message)


def _as_text(axis: int | str) -> str:
    return str(axis)


def _join(names: Mapping[str, object] | list[str]) -> str:
    return ", ".join(name[:40] for name in list(names)[:16]) or "none"


def _shape_text(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape[:16]))})"
