"""What is no picture at the border of a network: latents, labels, codes and probabilities."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from onnx import TensorProto

from export.foreign.original import Arrays, Slot
from export.foreign.pictures import scaled
from export.nodes import Nodes
from serving.bundle.manifest import Tensor
from serving.bundle.names import LABEL, LATENT, PROBABILITIES

Prior = Literal["standard_normal", "uniform", "none"]
Scores = Literal["probabilities", "logits", "probability"]


@dataclass(frozen=True)
class Latents:
    """What is drawn: one vector outside, the inputs of a network that are parts of it inside.

    Outside, the numbers are normal; where the network's are uniform, each is the normal distribution function of one
    outside, so that whatever is drawn, interpolated or searched for is of one distribution.

    Attributes:
        slots: of the network, in the order of their numbers.
        uniform: lowest and highest number of a network of uniform ones, else None.
    """

    slots: tuple[Slot, ...]
    uniform: tuple[float, float] | None = None

    @property
    def sizes(self) -> list[int]:
        """How many numbers each slot takes."""
        return [slot.numbers for slot in self.slots]

    @property
    def size(self) -> int:
        """Length of the vector."""
        return sum(self.sizes)

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The manifest's description."""
        return {LATENT: Tensor(("n", self.size), "float32")}

    def feed(self, outside: Arrays) -> Arrays:
        """What the network must be given for vectors (n, size)."""
        values = outside[LATENT].astype(np.float64)
        if self.uniform is not None:
            low, high = self.uniform
            values = low + (high - low) * (1 + np.vectorize(math.erf)(values / math.sqrt(2))) / 2
        parts = np.split(values, np.cumsum(self.sizes)[:-1], axis=1)
        return {
            slot.name: part.reshape(-1, *(size for size in slot.shape[1:] if size)).astype(slot.dtype)
            for slot, part in zip(self.slots, parts, strict=True)
        }

    def write_feed(self, nodes: Nodes, inside: dict[str, str]) -> None:
        """The same as nodes; `inside` is what the graph calls the network's inputs."""
        value = LATENT
        if self.uniform is not None:
            low, high = self.uniform
            share = nodes.node("Erf", nodes.node("Mul", value, nodes.real(1 / math.sqrt(2))))
            value = scaled(nodes, share, np.array((high - low) / 2), np.array((high + low) / 2))
        parts = [value]
        if len(self.slots) > 1:
            parts = nodes.split(value, self.sizes, axis=1)
        for slot, part in zip(self.slots, parts, strict=True):
            shaped = nodes.node("Reshape", part, nodes.constant(np.array((-1, *slot.shape[1:]), np.int64)))
            nodes.node("Cast", shaped, output=inside[slot.name], to=slot.element)


@dataclass(frozen=True)
class Labels:
    """Which class: its number outside, that or one number for each class inside.

    Attributes:
        slot: the network's own input.
        classes: how many there are.
        one_hot: whether the network takes 1 for the class and 0 for every other.
    """

    slot: Slot
    classes: int
    one_hot: bool

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The manifest's description."""
        return {LABEL: Tensor(("n",), "int64", (0.0, self.classes - 1.0))}

    def feed(self, outside: Arrays) -> Arrays:
        """What the network must be given for labels (n,)."""
        labels = outside[LABEL]
        inside = np.eye(self.classes)[labels] if self.one_hot else labels
        shape = (-1, *(1 for _ in self.slot.shape[1:])) if not self.one_hot else inside.shape
        return {self.slot.name: inside.reshape(shape).astype(self.slot.dtype)}

    def write_feed(self, nodes: Nodes, inside: dict[str, str]) -> None:
        """The same as nodes."""
        value = LABEL
        if self.one_hot:
            off_and_on = nodes.constant(np.array([0, 1], np.float32))
            value = nodes.node("OneHot", value, nodes.integer(self.classes), off_and_on)
        elif len(self.slot.shape) > 1:
            shape = np.array((-1, *(1 for _ in self.slot.shape[1:])), np.int64)
            value = nodes.node("Reshape", value, nodes.constant(shape))
        nodes.node("Cast", value, output=inside[self.slot.name], to=self.slot.element)


@dataclass(frozen=True)
class Codes:
    """What an encoder makes of a picture, as a vector.

    Attributes:
        slot: the network's own output.
        name: what the bundle calls it.
    """

    slot: Slot
    name: str

    @property
    def size(self) -> int:
        """Length of the vector."""
        return self.slot.numbers

    @property
    def tensor(self) -> Tensor:
        """The manifest's description."""
        return Tensor(("n", self.size), "float32")

    def read(self, inside: Arrays) -> Arrays:
        """Vectors (n, size)."""
        return {self.name: inside[self.slot.name].reshape(-1, self.size).astype(np.float32)}

    def write_read(self, nodes: Nodes, inside: str) -> list[str]:
        """The same as nodes; the names of what they make."""
        shaped = nodes.node("Reshape", inside, nodes.constant(np.array((-1, self.size), np.int64)))
        return [nodes.node("Cast", shaped, output=self.name, to=TensorProto.FLOAT)]


@dataclass(frozen=True)
class Probabilities:
    """How probable each class is.

    Attributes:
        slot: the network's own output.
        classes: how many there are.
        scores: what the network gives: probabilities, logits that a softmax makes probabilities of, or the probability
            of the second of two classes.
    """

    slot: Slot
    classes: int
    scores: Scores

    name = PROBABILITIES

    @property
    def tensor(self) -> Tensor:
        """The manifest's description."""
        return Tensor(("n", self.classes), "float32")

    def read(self, inside: Arrays) -> Arrays:
        """Probabilities (n, classes)."""
        made = inside[self.slot.name].astype(np.float64)
        made = made.reshape(len(made), -1)
        if self.scores == "logits":
            powers = np.exp(made - made.max(axis=1, keepdims=True))
            made = powers / powers.sum(axis=1, keepdims=True)
        elif self.scores == "probability":
            made = np.concatenate([1 - made, made], axis=1)
        return {self.name: made.astype(np.float32)}

    def write_read(self, nodes: Nodes, inside: str) -> list[str]:
        """The same as nodes; the names of what they make."""
        width = 1 if self.scores == "probability" else self.classes
        value = nodes.to(TensorProto.FLOAT, inside)
        value = nodes.node("Reshape", value, nodes.constant(np.array((-1, width), np.int64)))
        if self.scores == "logits":
            value = nodes.node("Softmax", value, axis=1)
        elif self.scores == "probability":
            value = nodes.node("Concat", nodes.node("Sub", nodes.real(1.0), value), value, axis=1)
        return [nodes.node("Identity", value, output=self.name)]
