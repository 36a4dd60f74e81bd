"""Numbers that an ONNX file keeps in files beside it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import onnx
from onnx.external_data_helper import load_external_data_for_tensor, uses_external_data

from serving.bundle.links import real_file
from serving.common.errors import InputError

LOCATION = "location"


def bring_in(model: onnx.ModelProto, file: Path, most: int) -> None:
    """Moves all numbers into the model.

    Args:
        model: as it was parsed; changed.
        file: where it was read from. Only files in the same folder are opened.
        most: bytes that all of them may have.

    Raises:
        InputError: a file elsewhere, no such file, one that is too short, or more than `most`.
    """
    left = most
    for tensor in _tensors(model):
        if not uses_external_data(tensor):
            continue
        place = _place(tensor, file)
        left -= _size(tensor, place)
        if left < 0:
            raise InputError(f"{file} must have at most 2 GB with the numbers beside it. Received: more.")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # keys that ONNX does not know and does not read
                load_external_data_for_tensor(tensor, str(file.parent))
        except (ValueError, OSError, onnx.checker.ValidationError) as error:
            reason = " ".join(str(error).split())[:200]
            raise InputError(f"{file} must come with {place.name}, which is whole. Received: {reason}.") from None


def _place(tensor: onnx.TensorProto, file: Path) -> Path:
    """The file with a tensor's numbers."""
    location = next((entry.value for entry in tensor.external_data if entry.key == LOCATION), "")
    name = Path(location)
    # Not `name.name == location` alone: `..` is its own name.
    if not location or name.is_absolute() or len(name.parts) != 1 or location in (".", "..") or "\\" in location:
        raise InputError(
            f"{file} must keep its numbers in files beside it. Received: {location[:80]!r} for {tensor.name[:80]!r}."
        )
    try:
        found = real_file(file.parent, location)
    except OSError:  # a name that is too long
        found = None
    if found is None:
        raise InputError(f"{file} must come with {location[:80]!r}, which has its numbers. Received: no such file.")
    return found


def _size(tensor: onnx.TensorProto, place: Path) -> int:
    """Bytes that reading a tensor takes: what it says, or the rest of the file."""
    length = next((entry.value for entry in tensor.external_data if entry.key == "length"), "")
    whole = place.stat().st_size
    return min(int(length), whole) if length.isdecimal() and len(length) < 20 else whole


def _tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """All that the main graph and functions hold."""
    yield from model.graph.initializer
    for nodes in (model.graph.node, *(function.node for function in model.functions)):
        for node in nodes:
            for attribute in node.attribute:
                if attribute.HasField("t"):
                    yield attribute.t
                yield from attribute.tensors
