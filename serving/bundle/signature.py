"""Whether a network takes and gives what the manifest says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from serving.bundle.manifest import Network, Tensor
from serving.common.errors import InputError

# ONNX Runtime's names of element types that are not NumPy's.
ELEMENTS = {"float": "float32", "double": "float64"}


def check_signature(session: Any, network: Network, where: Path) -> None:
    """Raises InputError where names, types, ranks or fixed sizes of a session differ from the manifest's.

    Args:
        session: of ONNX Runtime.
        network: the manifest's entry.
        where: the file, for the message.
    """
    for side, stated, found in (
        ("inputs", network.inputs, session.get_inputs()),
        ("outputs", network.outputs, session.get_outputs()),
    ):
        received = {value.name: (_element(value.type), tuple(value.shape)) for value in found}
        if stated.keys() != received.keys():
            raise InputError(f"{where} must have the {side} {_names(stated)}. Received: {_names(received)}.")
        for name, tensor in stated.items():
            element, axes = received[name]
            if element != tensor.dtype or not _agree(tensor, axes):
                raise InputError(
                    f"{name!r} of {where} must be {tensor.dtype} {list(tensor.axes)}. Received: {element} {list(axes)}."
                )


def _element(kind: str) -> str:
    """`float32` of `tensor(float)`."""
    element = kind.removeprefix("tensor(").removesuffix(")")
    return ELEMENTS.get(element, element)


def _agree(tensor: Tensor, axes: tuple[Any, ...]) -> bool:
    """Axes of one rank, and sizes that are equal where both are fixed."""
    return len(axes) == len(tensor.axes) and all(
        found == stated or not (isinstance(found, int) and isinstance(stated, int))
        for stated, found in zip(tensor.axes, axes, strict=True)
    )


def _names(tensors: Mapping[str, Any]) -> str:
    return ", ".join(sorted(tensors)) or "none"
