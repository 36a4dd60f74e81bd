"""Inputs and outputs of a network as the manifest states them."""

from __future__ import annotations

from typing import Any

from export.border import OF_POINTS, Bordered
from serving.bundle.manifest import Tensor
from serving.bundle.names import LABEL, MASK, PICTURES, USE_OWN_STATISTICS

FREE_AXES = ("n", "height", "width")


def describe(bordered: Bordered, classes: int) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The manifest's description of what goes into a network and what comes out.

    Args:
        bordered: the network with its border.
        classes: number of classes, the range of labels; 0 where there are none.
    """
    inputs = {
        name: _tensor(name, specification.shape, specification.dtype.name, classes)
        for name, specification in bordered.inputs.items()
    }
    specifications = bordered.function.get_concrete_function().structured_outputs
    outputs = {name: _tensor(name, value.shape, value.dtype.name, classes) for name, value in specifications.items()}
    return inputs, outputs


def _tensor(name: str, shape: Any, dtype: str, classes: int) -> Tensor:
    axes = tuple(_axis(index, size) for index, size in enumerate(shape))
    of_pictures = (0.0, 255.0) if dtype == "uint8" else (-1.0, 1.0)
    limits = {
        **dict.fromkeys(PICTURES, of_pictures),
        **dict.fromkeys((MASK, USE_OWN_STATISTICS), (0.0, 1.0)),
        LABEL: (0.0, classes - 1.0),
    }
    return Tensor(axes, dtype, None if name in PICTURES and len(axes) == OF_POINTS else limits.get(name))


def _axis(index: int, size: int | None) -> int | str:
    """The size of an axis, or its name where it is free."""
    if index > 0 and size is not None:
        return int(size)
    return FREE_AXES[index] if index < len(FREE_AXES) else f"axis_{index}"
