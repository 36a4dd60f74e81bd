"""Where the axes of a network's pictures are: sides, channels and layout."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from export.foreign.original import EXAMPLE, Original, Slot
from export.foreign.said import Said
from export.foreign.told import Told
from serving.common.errors import InputError

COLOURS = (1, 3, 4)
RANKS = {"picture": 4, "grey picture": 3, "row": 2}
Shape = tuple[int | None, int | None, int]


@dataclass(frozen=True)
class Geometry:
    """Where the axes of a network's pictures are.

    Attributes:
        sides: height and width, None for free ones.
        channels: number of channels.
        first: whether the channels are the second axis.
        told: whether nobody said so.
    """

    sides: tuple[int | None, int | None]
    channels: int
    first: bool
    told: bool = False


def geometry_in(role: str, original: Original, slot: Slot, said: Said, free: bool, size: Shape | None) -> Geometry:
    """Sides, channels and layout of the pictures that a network takes."""
    shape = slot.shape
    if len(shape) not in RANKS.values() or (len(shape) == RANKS["row"] and said.image_shape is None):
        hint = "; --image-shape says how a row of numbers is a picture" if len(shape) == RANKS["row"] else ""
        raise InputError(f"the {role} {original.what} must take pictures{hint}. Received: {slot.text}.")
    if len(shape) != RANKS["picture"]:
        return _flat(role, original, slot, said)
    first = said.layout == "nchw" if said.layout else _is_channels_first(original, slot)
    sides, channels = (shape[2:], shape[1]) if first else (shape[1:3], shape[3])
    wanted = said.image_shape or size
    if channels is None and wanted is not None:
        channels = wanted[2]
    if channels is None:
        raise InputError(
            f"the {role} {original.what} must take pictures of a known number of channels, which --image-shape or "
            f"--layout may say. Received: {slot.text}."
        )
    if None in sides and (not free or said.image_shape is not None):
        if wanted is None:
            raise InputError(
                f"the {role} {original.what} must take pictures of one size, which --image-shape says. "
                f"Received: {slot.text}."
            )
        sides = tuple(side or other for side, other in zip(sides, wanted[:2], strict=True))
    if (sides[0] is None) != (sides[1] is None):
        raise InputError(
            f"the {role} {original.what} must take pictures of two free sides or of none. Received: {slot.text}."
        )
    return Geometry((sides[0], sides[1]), channels, first, said.layout is None)


def geometry_out(role: str, original: Original, slot: Slot, said: Said, taken: Geometry | None) -> Geometry:
    """The same of the pictures that it makes, whose shape is one that it made."""
    if len(slot.shape) != RANKS["picture"]:
        return _flat(role, original, slot, said)
    if said.layout is not None:
        first = said.layout == "nchw"
    elif taken is not None:
        first = taken.first
    else:
        first = _is_channels_first(original, slot)
    sides, channels = (slot.shape[2:], slot.shape[1]) if first else (slot.shape[1:3], slot.shape[3])
    assert channels is not None, "it was made"
    if taken is not None and tuple(sides) != tuple(side or EXAMPLE for side in taken.sides):
        raise InputError(
            f"the {role} {original.what} must make translations of the size of their pictures, "
            f"{'x'.join(str(side or EXAMPLE) for side in taken.sides)} here. Received: {'x'.join(map(str, sides))}."
        )
    return Geometry((sides[0], sides[1]), channels, first)


def _flat(role: str, original: Original, slot: Slot, said: Said) -> Geometry:
    """Pictures without an axis for channels, or in one row of numbers."""
    first = said.layout == "nchw"
    shape = said.image_shape
    if shape is None and len(slot.shape) == RANKS["grey picture"] and None not in slot.shape[1:]:
        return Geometry((slot.shape[1], slot.shape[2]), 1, False)
    if shape is None or None in slot.shape[1:] or int(np.prod(shape)) != slot.numbers:
        raise InputError(
            f"the pictures of the {role} {original.what} must have an --image-shape that fits. Received: {shape}, and "
            f"{slot.text}."
        )
    return Geometry(shape[:2], shape[2], first)


def _is_channels_first(original: Original, slot: Slot) -> bool:
    """Told from the shape, or else from where the network is from."""
    second, last = (slot.shape[axis] in COLOURS for axis in (1, 3))
    if second != last:
        return second
    if original.kind != "onnx":
        return False
    graph = original.graph([])
    return Told(graph).takes_channels_first(slot.name)
