"""Folds scales and shifts by constants into the instance normalization before them, which has a gain and a shift."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir
from onnxscript.rewriter import RewriteRule, RewriteRuleClassBase

from export.graph.constants import constant, known, per_channel


class AffineNormalization(RewriteRuleClassBase):
    """Mul(InstanceNormalization(x, gain, shift), constant) becomes InstanceNormalization(x, gain * constant,
    shift * constant), and Add likewise.

    Args:
        operation: `Mul` or `Add`.
        second: whether the normalization is the second of the two.
    """

    def __init__(self, operation: str, second: bool) -> None:
        super().__init__(name=f"{operation}OfInstanceNormalization{'Second' if second else ''}")
        self.operation, self.second = operation, second

    def pattern(self, op: Any, x: Any, gain: Any, shift: Any, by: Any) -> Any:
        normalized = op.InstanceNormalization(x, gain, shift, _allow_other_attributes=True, _outputs=["made"])
        return getattr(op, self.operation)(*((by, normalized) if self.second else (normalized, by)))

    def check(self, context: Any, x: ir.Value, gain: ir.Value, shift: ir.Value, by: ir.Value, made: ir.Value) -> bool:
        gains = constant(gain)
        if gains is None or constant(shift) is None or made.shape is None or len(made.shape) != 4:
            return False
        return per_channel(by, gains.size) is not None

    def rewrite(self, op: Any, x: ir.Value, gain: ir.Value, shift: ir.Value, by: ir.Value, made: ir.Value) -> Any:
        node, numbers = made.producer(), per_channel(by, known(gain).size)
        assert node is not None
        assert numbers is not None
        gains, shifts = known(gain), known(shift)
        pair = (gains, shifts + numbers) if self.operation == "Add" else (gains * numbers, shifts * numbers)
        values = [op.Constant(value=ir.tensor(array.astype(np.float32))) for array in pair]
        return op.InstanceNormalization(x, *values, **node.attributes)


def normalization_rules() -> list[RewriteRule]:
    """Of both operations in both orders."""
    return [AffineNormalization.rule(operation, second) for operation in ("Mul", "Add") for second in (False, True)]
