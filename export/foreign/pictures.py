"""Pictures at the border of a network: grey levels outside, whatever the network wants or makes inside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from onnx import TensorProto

from export.border import unrounded
from export.foreign.original import Arrays, Slot
from export.nodes import Nodes
from serving.bundle.manifest import Tensor

WHITE = 255.0
TO_CHANNELS_FIRST, TO_CHANNELS_LAST = (0, 3, 1, 2), (0, 2, 3, 1)
WITH_CHANNELS = 4


@dataclass(frozen=True)
class Meaning:
    """What the numbers of pictures mean.

    A number v of a network is `(low + (high - low) * grey / 255 - mean) / std`.

    Attributes:
        low: black, before the mean is subtracted.
        high: white, likewise.
        mean: one number for each channel in the network's order; empty for 0.
        std: likewise; empty for 1.
        bgr: whether the network's channels are in the order blue, green, red.
    """

    low: float = -1.0
    high: float = 1.0
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    bgr: bool = False

    @property
    def affine(self) -> tuple[np.ndarray, np.ndarray]:
        """Factor and offset that make numbers of grey levels, float64; of one number, or of one for each channel."""
        mean, std = np.array(self.mean or (0.0,)), np.array(self.std or (1.0,))
        return (self.high - self.low) / WHITE / std, (self.low - mean) / std

    @property
    def moved(self) -> tuple[tuple[str, tuple[float, ...]], ...]:
        """Mean and standard deviation with their names."""
        return ("mean", self.mean), ("std", self.std)


@dataclass(frozen=True)
class Pictures:
    """Pictures that a network takes or makes.

    Attributes:
        slot: the network's own input or output.
        name: what the bundle calls it.
        sides: height and width, None for free ones.
        channels: number of channels.
        meaning: of the numbers.
        channels_first: whether the channels are the network's second axis.
    """

    slot: Slot
    name: str
    sides: tuple[int | None, int | None]
    channels: int
    meaning: Meaning
    channels_first: bool

    @property
    def tensor(self) -> Tensor:
        """The manifest's description."""
        axes = (side or axis for side, axis in zip(self.sides, ("height", "width"), strict=True))
        return Tensor(("n", *axes, self.channels), "uint8", (0.0, WHITE))

    @property
    def text(self) -> str:
        """What the pictures are, for people: `image, -1..1, channels first`."""
        meaning = self.meaning
        parts = [self.name, f"{meaning.low:g}..{meaning.high:g}"]
        parts += [f"{name} {' '.join(f'{n:g}' for n in known)}" for name, known in meaning.moved if known]
        parts += ["channels first"] if self.channels_first else []
        return ", ".join([*parts, "BGR"] if meaning.bgr else parts)

    def feed(self, outside: Arrays) -> Arrays:
        """What the network must be given for grey levels (n, height, width, channels)."""
        factor, offset = self.meaning.affine
        levels = outside[self.name].astype(np.float64)
        inside = (levels[..., ::-1] if self.meaning.bgr else levels) * factor + offset
        if self.channels_first:
            inside = inside.transpose(TO_CHANNELS_FIRST)
        if self.slot.is_integer:
            inside = np.rint(inside)
        return {self.slot.name: self._shaped(inside).astype(self.slot.dtype)}

    def read(self, inside: Arrays) -> Arrays:
        """Pictures in [-1, 1], (n, height, width, channels), of what the network made."""
        factor, offset = self.meaning.affine
        made = inside[self.slot.name].astype(np.float64)
        if made.ndim != WITH_CHANNELS:
            made = made.reshape(-1, *self._axes)
        if self.channels_first:
            made = made.transpose(TO_CHANNELS_LAST)
        levels = (made - offset) / factor
        levels = levels[..., ::-1] if self.meaning.bgr else levels
        return {self.name: (levels / (WHITE / 2) - 1).astype(np.float32)}

    def write_feed(self, nodes: Nodes, inside: str) -> None:
        """The same as `feed` as nodes; `inside` is what the graph calls the network's input."""
        factor, offset = self.meaning.affine
        value = nodes.to(TensorProto.FLOAT, self.name)
        value = self._ordered(nodes, value)
        value = scaled(nodes, value, factor, offset)
        if self.channels_first:
            value = nodes.node("Transpose", value, perm=TO_CHANNELS_FIRST)
        if len(self.slot.shape) != WITH_CHANNELS:
            value = nodes.node("Reshape", value, nodes.constant(np.array((-1, *self.slot.shape[1:]), np.int64)))
        if self.slot.is_integer:
            value = nodes.node("Round", value)
        nodes.node("Cast", value, output=inside, to=self.slot.element)

    def write_read(self, nodes: Nodes, inside: str) -> list[str]:
        """The same as `read` as nodes, rounded to grey levels, and beside those unrounded in [-1, 1]; their names."""
        factor, offset = self.meaning.affine
        value = nodes.to(TensorProto.FLOAT, inside)
        if len(self.slot.shape) != WITH_CHANNELS:
            value = nodes.node("Reshape", value, nodes.constant(np.array((-1, *self._axes), np.int64)))
        if self.channels_first:
            value = nodes.node("Transpose", value, perm=TO_CHANNELS_LAST)
        levels = self._ordered(nodes, scaled(nodes, value, 1 / factor, -offset / factor))
        shown = nodes.node("Clip", levels, nodes.real(0.0), nodes.real(WHITE))
        nodes.node("Cast", nodes.node("Round", shown), output=self.name, to=TensorProto.UINT8)
        half = np.array(2 / WHITE)
        name = scaled(nodes, levels, half, np.array(-1.0), output=unrounded(self.name))
        return [self.name, name]

    @property
    def _axes(self) -> tuple[int | None, ...]:
        """Those of the network's pictures behind the batch."""
        return (self.channels, *self.sides) if self.channels_first else (*self.sides, self.channels)

    def _ordered(self, nodes: Nodes, value: str) -> str:
        if not self.meaning.bgr:
            return value
        backwards = nodes.constant(np.arange(self.channels - 1, -1, -1, dtype=np.int64))
        return nodes.node("Gather", value, backwards, axis=3)

    def _shaped(self, pictures: np.ndarray) -> np.ndarray:
        if len(self.slot.shape) == WITH_CHANNELS:
            return pictures
        return pictures.reshape(len(pictures), *(size for size in self.slot.shape[1:] if size))


def scaled(nodes: Nodes, value: str, factor: np.ndarray, offset: np.ndarray, output: str | None = None) -> str:
    """`value * factor + offset`, a number for all or one for each of the last axis; nothing where that changes nothing
    and no name is asked for."""
    if np.any(factor != 1) or output is not None:
        last = output if not np.any(offset) else None
        value = nodes.node("Mul", value, nodes.constant(_scalar(factor)), output=last)
    if np.any(offset):
        value = nodes.node("Add", value, nodes.constant(_scalar(offset)), output=output)
    return value


def _scalar(numbers: np.ndarray) -> np.ndarray:
    """float32, without an axis where there is one number."""
    return np.asarray(numbers.reshape(()) if numbers.size == 1 else numbers, np.float32)
