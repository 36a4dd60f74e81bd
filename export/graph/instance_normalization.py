"""Replaces the arithmetic that exporters write for an instance normalization by ONNX's single node for it.

TensorFlow scales before it moves, `x * s + (shift - mean * s)`. Networks that were written by hand in PyTorch divide
what was centred, `(x - mean) / sqrt(variance + epsilon)`; what scales and moves that is folded in by
`AffineNormalization`.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any, NamedTuple

import numpy as np
import onnx_ir as ir
from onnxscript.rewriter import RewriteRuleClassBase

from export.graph.constants import constant, per_channel, producer

SIDES = (2, 3)


class _Match(NamedTuple):
    images: ir.Value
    gain: np.ndarray
    shift: np.ndarray
    epsilon: float


class InstanceNormalization(RewriteRuleClassBase):
    """x * s + (shift - mean(x) * s) with s = gain / sqrt(variance(x) + epsilon) becomes
    `InstanceNormalization(x, gain, shift)`. Gain and shift are constants or absent."""

    def pattern(self, op: Any, scaled: Any, offset: Any) -> Any:
        return op.Add(scaled, offset)

    def check(self, context: Any, scaled: ir.Value, offset: ir.Value) -> bool:
        return _matched(scaled, offset) is not None

    def rewrite(self, op: Any, scaled: ir.Value, offset: ir.Value) -> Any:
        match = _matched(scaled, offset)
        assert match is not None
        gain, shift = (op.Constant(value=ir.tensor(value)) for value in (match.gain, match.shift))
        return op.InstanceNormalization(match.images, gain, shift, epsilon=match.epsilon)

    def __init__(self) -> None:
        super().__init__(remove_nodes=False)


class CentredQuotient(RewriteRuleClassBase):
    """(x - mean(x)) / sqrt(variance(x) + epsilon), or times the reciprocal of the root, becomes
    `InstanceNormalization(x, 1, 0)`.

    Args:
        operator: `Div` or `Mul`.
    """

    def __init__(self, operator: str) -> None:
        super().__init__(name=f"CentredQuotientOf{operator}", remove_nodes=False)
        self.operator = operator

    def pattern(self, op: Any, one: Any, other: Any) -> Any:
        return getattr(op, self.operator)(one, other)

    def check(self, context: Any, one: ir.Value, other: ir.Value) -> bool:
        return self._matched(one, other) is not None

    def rewrite(self, op: Any, one: ir.Value, other: ir.Value) -> Any:
        match = self._matched(one, other)
        assert match is not None
        gain, shift = (op.Constant(value=ir.tensor(value)) for value in (match.gain, match.shift))
        return op.InstanceNormalization(match.images, gain, shift, epsilon=match.epsilon)

    def _matched(self, one: ir.Value, other: ir.Value) -> _Match | None:
        for centred, divisor in permutations((one, other)) if self.operator == "Mul" else [(one, other)]:
            root = producer(divisor, "Sqrt") if self.operator == "Div" else _root_below_one(divisor)
            variance, epsilon = _variance_and_epsilon(root)
            moved = producer(centred, "Sub")
            if variance is None or epsilon is None or moved is None:
                continue
            images = moved.inputs[0]
            channels = _channels(images)
            if channels and _is_mean(moved.inputs[1], images) and _is_variance(variance, images):
                ones, zeros = np.ones(channels, np.float32), np.zeros(channels, np.float32)
                return _Match(images, ones, zeros, epsilon)
        return None


def _root_below_one(value: ir.Value) -> ir.Node | None:
    """The node `Sqrt` whose reciprocal a value is."""
    inverse = producer(value, "Reciprocal", "Div")
    if inverse is None:
        return None
    if inverse.op_type == "Div":
        above = constant(inverse.inputs[0])
        if above is None or above.size != 1 or float(above.reshape(-1)[0]) != 1.0:
            return None
    return producer(inverse.inputs[-1], "Sqrt")


def _channels(images: ir.Value | None) -> int | None:
    """The channels of pictures (n, channels, height, width) where they are known."""
    channels = images.shape[1] if images is not None and images.shape is not None and len(images.shape) == 4 else None
    return channels if isinstance(channels, int) else None


def _matched(one: ir.Value, other: ir.Value) -> _Match | None:
    for scaled, offset in permutations((one, other)):
        multiplied = producer(scaled, "Mul")
        for images, scale in permutations(multiplied.inputs) if multiplied else ():
            match = _of(images, scale, offset)
            if match is not None:
                return match
    return None


def _of(images: ir.Value, scale: ir.Value, offset: ir.Value) -> _Match | None:
    """Matches `images * scale + offset` as an instance normalization; None if it is not one."""
    channels = _channels(images)
    if channels is None:
        return None
    shifted = producer(offset, "Sub", "Neg")
    if shifted is None:
        return None
    shift = np.zeros(channels) if shifted.op_type == "Neg" else per_channel(shifted.inputs[0], channels)
    moved = producer(shifted.inputs[-1], "Mul")
    factor, gain = _factor_and_gain(scale, channels)
    variance, epsilon = _variance_and_epsilon(_root_below_one(factor))
    if shift is None or gain is None or moved is None or variance is None or epsilon is None:
        return None
    if not any(_is_mean(mean, images) and again is scale for mean, again in permutations(moved.inputs)):
        return None
    if not _is_variance(variance, images):
        return None
    return _Match(images, gain.astype(np.float32), shift.astype(np.float32), epsilon)


def _factor_and_gain(scale: ir.Value, channels: int) -> tuple[ir.Value, np.ndarray | None]:
    multiplied = producer(scale, "Mul")
    if multiplied is None:
        return scale, np.ones(channels)
    for factor, gain in permutations(multiplied.inputs):
        if constant(gain) is not None:
            return factor, per_channel(gain, channels)
    return scale, None


def _variance_and_epsilon(root: ir.Node | None) -> tuple[ir.Value | None, float | None]:
    """What a root is of."""
    total = producer(root.inputs[0], "Add") if root else None
    for variance, epsilon in permutations(total.inputs) if total else ():
        known = constant(epsilon)
        if known is not None and known.size == 1:
            return variance, float(known.reshape(-1)[0])
    return None, None


def _is_variance(value: ir.Value | None, images: ir.Value) -> bool:
    squared = producer(_averaged(value), "Mul", "Pow")
    if squared is None or not _is_square(squared):
        return False
    centred = producer(squared.inputs[0], "Sub")
    return centred is not None and centred.inputs[0] is images and _is_mean(centred.inputs[1], images)


def _is_square(node: ir.Node) -> bool:
    if node.op_type == "Mul":
        return node.inputs[0] is node.inputs[1]
    power = constant(node.inputs[1])
    return power is not None and power.size == 1 and float(power.reshape(-1)[0]) == 2.0


def _is_mean(value: ir.Value | None, images: ir.Value) -> bool:
    return _averaged(value) is images


def _averaged(value: ir.Value | None) -> ir.Value | None:
    """The value whose mean over height and width this is, with axes kept at length 1; None if it is not such a mean."""
    mean = producer(value, "ReduceMean", "GlobalAveragePool")
    if mean is not None and mean.op_type == "GlobalAveragePool":
        return mean.inputs[0]
    if mean is None or len(mean.inputs) < 2:
        return None
    axes, keeps = constant(mean.inputs[1]), mean.attributes.get("keepdims")
    if axes is None or tuple(sorted(axes % 4)) != SIDES or (keeps is not None and not keeps.as_int()):
        return None
    return mean.inputs[0]
