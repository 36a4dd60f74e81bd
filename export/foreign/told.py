"""What can be told of a network from its graph: between which numbers its outputs lie, and what it does with its input
first."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import onnx
from onnx import helper, numpy_helper

Interval = tuple[float, float]
BOUNDED = {"Tanh": (-1.0, 1.0), "Sigmoid": (0.0, 1.0), "HardSigmoid": (0.0, 1.0), "Softmax": (0.0, 1.0)}
MOVING = {
    "Identity",
    "Transpose",
    "Reshape",
    "Squeeze",
    "Unsqueeze",
    "Flatten",
    "Cast",
    "Slice",
    "Gather",
    "DepthToSpace",
    "Concat",
}
SCALING = ("Add", "Sub", "Mul", "Div")
# What ranges are rounded to that exporters compute in float32.
USUAL = ((-1.0, 1.0), (0.0, 1.0), (0.0, 255.0))
NEAR = 1e-3
# What a network that takes grey levels divides them by at first.
DIVISORS = (255.0, 127.5, 128.0, 256.0)


class Told:
    """The graph of a network, to be asked.

    Args:
        graph: the network's, without a border.
    """

    def __init__(self, graph: onnx.ModelProto) -> None:
        self.makers = {name: node for node in graph.graph.node for name in node.output}
        self.takers: dict[str, list[onnx.NodeProto]] = {}
        for node in graph.graph.node:
            for name in node.input:
                self.takers.setdefault(name, []).append(node)
        self.numbers = {tensor.name: tensor for tensor in graph.graph.initializer}

    def interval(self, name: str) -> Interval | None:
        """The lowest and highest number that an output can be; None where it has no bounds."""
        found = self._interval(name)
        if found is None or not np.isfinite(found).all():
            return None
        width = found[1] - found[0]
        near = [usual for usual in USUAL if np.allclose(found, usual, atol=NEAR * max(1.0, width))]
        return near[0] if near else found

    def last_operator(self, name: str) -> str:
        """The operator that decides an output's numbers, but for scaling and moving; empty where there is none."""
        node = self.makers.get(name)
        while node is not None and (node.op_type in MOVING or node.op_type in SCALING):
            known = node.op_type in SCALING and self._number(node.input[0]) is not None
            scaled = known or node.op_type in MOVING or self._number(node.input[1]) is not None
            if not scaled:
                break
            node = self.makers.get(node.input[1 if known else 0])
        return "" if node is None else node.op_type

    def takes_levels(self, name: str) -> bool:
        """Whether the first thing that is done with an input is what is done with grey levels: a division by 255 or
        127.5."""
        for node in self._first(name, "Transpose"):
            known = next((value for each in node.input if (value := self._constant(each)) is not None), None)
            if known is None or known.size != 1:
                continue
            number = float(np.abs(known.reshape(-1)[0]))
            number = 1 / number if node.op_type == "Mul" and number else number
            if node.op_type in ("Mul", "Div") and any(abs(number - each) < NEAR * each for each in DIVISORS):
                return True
        return False

    def takes_channels_first(self, name: str) -> bool:
        """Whether an input goes to a convolution as it is, whose channels are the second axis in ONNX."""
        return any(
            node.op_type in ("Conv", "InstanceNormalization", "BatchNormalization") for node in self._first(name)
        )

    def _first(self, name: str, *through: str) -> Iterable[onnx.NodeProto]:
        """The nodes that an input goes to; those behind a `Pad`, a `Cast` or another of `through` too."""
        for node in self.takers.get(name, []):
            yield node
            if node.op_type in ("Pad", "Cast", "Identity", *through):
                yield from self._first(node.output[0], *through)

    def _interval(self, name: str) -> Interval | None:
        node = self.makers.get(name)
        if node is None:
            return None
        if node.op_type in BOUNDED:
            return BOUNDED[node.op_type]
        if node.op_type == "Concat":
            parts = [self._interval(each) for each in node.input]
            known = [part for part in parts if part is not None]
            return (min(p[0] for p in known), max(p[1] for p in known)) if len(known) == len(parts) else None
        if node.op_type in MOVING:
            return self._interval(node.input[0])
        if node.op_type == "Clip":
            return self._clipped(node)
        if node.op_type in SCALING:
            return self._moved(node)
        return None

    def _clipped(self, node: onnx.NodeProto) -> Interval | None:
        limits = [self._constant(name) for name in node.input[1:3]]
        if len(limits) < 2 or limits[0] is None or limits[1] is None:
            return None
        return float(limits[0].reshape(-1)[0]), float(limits[1].reshape(-1)[0])

    def _moved(self, node: onnx.NodeProto) -> Interval | None:
        """What one number makes of an interval."""
        first, second = node.input
        if (number := self._number(second)) is not None:
            inner, ends = (
                self._interval(first),
                {
                    "Add": lambda x: x + number,
                    "Sub": lambda x: x - number,
                    "Mul": lambda x: x * number,
                    "Div": lambda x: x / number if number else np.inf,
                },
            )
        elif (number := self._number(first)) is not None:
            inner, ends = (
                self._interval(second),
                {
                    "Add": lambda x: x + number,
                    "Sub": lambda x: number - x,
                    "Mul": lambda x: x * number,
                    "Div": lambda x: np.inf,
                },
            )
        else:
            return None
        if inner is None:
            return None
        low, high = sorted(float(ends[node.op_type](end)) for end in inner)
        return low, high

    def _number(self, name: str) -> float | None:
        known = self._constant(name)
        return float(known.reshape(-1)[0]) if known is not None and known.size == 1 else None

    def _constant(self, name: str) -> np.ndarray | None:
        if name in self.numbers:
            return numpy_helper.to_array(self.numbers[name])
        node = self.makers.get(name)
        if node is None or node.op_type != "Constant":
            return None
        attribute = next((each for each in node.attribute if each.name == "value"), None)
        return None if attribute is None else numpy_helper.to_array(helper.get_attribute_value(attribute))
