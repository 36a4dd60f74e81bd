"""Transposes moved towards the end, where two of them meet and vanish.

TensorFlow keeps channels last and ONNX first, so that tf2onnx puts a transpose on both sides of whatever it cannot do
in the other order, such as an operation of pictures and one number a channel and example.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir
from onnxscript.rewriter import RewriteRule, RewriteRuleClassBase

from export.graph.constants import constant, known

CHANNELS_LAST, CHANNELS_FIRST = [0, 2, 3, 1], [0, 3, 1, 2]
UNARY = ("Relu", "LeakyRelu", "Tanh", "Sigmoid", "Round", "Clip", "Cast", "Neg", "Abs", "Exp")
BINARY = ("Add", "Mul", "Sub")


class AfterUnary(RewriteRuleClassBase):
    """An operation on each value of Transpose(x) becomes Transpose of the operation on x.

    Args:
        operator: one of `UNARY`.
    """

    def __init__(self, operator: str) -> None:
        super().__init__(name=f"After{operator}", remove_nodes=False)
        self.operator = operator

    def pattern(self, op: Any, x: Any) -> Any:
        transposed = op.Transpose(x, perm=CHANNELS_LAST)
        return getattr(op, self.operator)(
            transposed, _allow_other_inputs=True, _allow_other_attributes=True, _outputs=["made"]
        )

    def rewrite(self, op: Any, x: ir.Value, made: ir.Value) -> Any:
        node = made.producer()
        assert node is not None
        moved = getattr(op, self.operator)(x, *node.inputs[1:], **node.attributes)
        return op.Transpose(moved, perm=CHANNELS_LAST)


class AfterBinary(RewriteRuleClassBase):
    """An operation of Transpose(x) and y, of four axes, becomes Transpose of the operation of x and y transposed back.

    Args:
        operator: one of `BINARY`.
        second: whether the transposed value is the second of the two.
    """

    def __init__(self, operator: str, second: bool) -> None:
        super().__init__(name=f"After{operator}{'Second' if second else ''}", remove_nodes=False)
        self.operator, self.second = operator, second

    def pattern(self, op: Any, x: Any, y: Any) -> Any:
        transposed = op.Transpose(x, perm=CHANNELS_LAST)
        return getattr(op, self.operator)(*self._ordered(transposed, y))

    def check(self, context: Any, x: ir.Value, y: ir.Value) -> bool:
        # Transposing back is free for one number a channel alone.
        return y.shape is not None and len(y.shape) == 4 and tuple(y.shape[1:3]) == (1, 1)

    def rewrite(self, op: Any, x: ir.Value, y: ir.Value) -> Any:
        back = op.Transpose(y, perm=CHANNELS_FIRST)
        return op.Transpose(getattr(op, self.operator)(*self._ordered(x, back)), perm=CHANNELS_LAST)

    def _ordered(self, transposed: Any, other: Any) -> tuple[Any, Any]:
        return (other, transposed) if self.second else (transposed, other)


class AfterBoth(RewriteRuleClassBase):
    """An operation of Transpose(x) and Transpose(y) becomes Transpose of the operation of x and y.

    Args:
        operator: one of `BINARY`.
    """

    def __init__(self, operator: str) -> None:
        super().__init__(name=f"AfterBoth{operator}", remove_nodes=False)
        self.operator = operator

    def pattern(self, op: Any, x: Any, y: Any) -> Any:
        return getattr(op, self.operator)(op.Transpose(x, perm=CHANNELS_LAST), op.Transpose(y, perm=CHANNELS_LAST))

    def rewrite(self, op: Any, x: ir.Value, y: ir.Value) -> Any:
        return op.Transpose(getattr(op, self.operator)(x, y), perm=CHANNELS_LAST)


class AfterPad(RewriteRuleClassBase):
    """Pad(Transpose(x)) becomes Transpose(Pad(x)), the widths in the order of x's axes."""

    def __init__(self) -> None:
        super().__init__(remove_nodes=False)

    def pattern(self, op: Any, x: Any, pads: Any) -> Any:
        transposed = op.Transpose(x, perm=CHANNELS_LAST)
        return op.Pad(transposed, pads, _allow_other_inputs=True, _allow_other_attributes=True, _outputs=["made"])

    def check(self, context: Any, x: ir.Value, pads: ir.Value, made: ir.Value) -> bool:
        widths, node = constant(pads), made.producer()
        assert node is not None
        return widths is not None and widths.size == 8 and (len(node.inputs) < 4 or node.inputs[3] is None)

    def rewrite(self, op: Any, x: ir.Value, pads: ir.Value, made: ir.Value) -> Any:
        widths, node = known(pads), made.producer()
        assert node is not None
        moved = widths.reshape(2, 4)[:, CHANNELS_FIRST].reshape(-1).tolist()
        padded = op.Pad(x, op.Constant(value_ints=moved), *node.inputs[2:], **node.attributes)
        return op.Transpose(padded, perm=CHANNELS_LAST)


class TransposeOfUnsqueeze(RewriteRuleClassBase):
    """Transpose(Unsqueeze(x, (1, 2))), channels first again, is Unsqueeze(x, (2, 3)) where x is (n, channels)."""

    def pattern(self, op: Any, x: Any, axes: Any) -> Any:
        return op.Transpose(op.Unsqueeze(x, axes), perm=CHANNELS_FIRST)

    def check(self, context: Any, x: ir.Value, axes: ir.Value) -> bool:
        wanted = constant(axes)
        return wanted is not None and sorted(wanted.tolist()) == [1, 2] and x.shape is not None and len(x.shape) == 2

    def rewrite(self, op: Any, x: ir.Value, axes: ir.Value) -> Any:
        return op.Unsqueeze(x, op.Constant(value_ints=[2, 3]))


class TransposeBeforeAddition(RewriteRuleClassBase):
    """Transpose(1 + y) is 1 + Transpose(y), so that it meets where y comes from."""

    def pattern(self, op: Any, y: Any, number: Any) -> Any:
        return op.Transpose(op.Add(number, y), perm=CHANNELS_FIRST)

    def check(self, context: Any, y: ir.Value, number: ir.Value) -> bool:
        value = constant(number)
        return value is not None and value.size == 1 and y.shape is not None and len(y.shape) == 4

    def rewrite(self, op: Any, y: ir.Value, number: ir.Value) -> Any:
        return op.Add(number, op.Transpose(y, perm=CHANNELS_FIRST))


class BeforeRelu(RewriteRuleClassBase):
    """Transpose(Relu(Reshape(x))), channels first, is Relu(Transpose(Reshape(x)))."""

    def pattern(self, op: Any, x: Any, shape: Any) -> Any:
        return op.Transpose(op.Relu(op.Reshape(x, shape)), perm=CHANNELS_FIRST)

    def rewrite(self, op: Any, x: ir.Value, shape: ir.Value) -> Any:
        return op.Relu(op.Transpose(op.Reshape(x, shape), perm=CHANNELS_FIRST))


class ReorderedProduct(RewriteRuleClassBase):
    """Transpose(Reshape(Gemm(x, ...))), channels first, is a Reshape of a Gemm whose columns are in that order.

    Vectors become pictures at once in the order of ONNX.
    """

    def pattern(self, op: Any, x: Any, weights: Any, bias: Any, shape: Any) -> Any:
        return op.Transpose(op.Reshape(op.Gemm(x, weights, bias), shape), perm=CHANNELS_FIRST)

    def check(self, context: Any, x: ir.Value, weights: ir.Value, bias: ir.Value, shape: ir.Value) -> bool:
        matrix, added, wanted = (constant(value) for value in (weights, bias, shape))
        if matrix is None or added is None or wanted is None or wanted[0] not in (-1, 0) or min(wanted[1:]) < 1:
            return False
        return matrix.shape[1] == np.prod(wanted[1:]) and added.shape == matrix.shape[1:]

    def rewrite(self, op: Any, x: ir.Value, weights: ir.Value, bias: ir.Value, shape: ir.Value) -> Any:
        matrix, added, wanted = map(known, (weights, bias, shape))
        first, height, width, channels = wanted.tolist()
        order = np.arange(matrix.shape[1]).reshape(height, width, channels).transpose(2, 0, 1).reshape(-1)
        reordered = (op.Constant(value=ir.tensor(np.ascontiguousarray(array[..., order]))) for array in (matrix, added))
        made = op.Gemm(x, *reordered)
        return op.Reshape(made, op.Constant(value_ints=[first, channels, height, width]))


def product_rules() -> list[RewriteRule]:
    """Pictures made of a product, whose columns take the order that a transpose behind it would give."""
    return [BeforeRelu.rule(), ReorderedProduct.rule()]


def transpose_rules() -> list[RewriteRule]:
    """All of them; `transpose_transpose_rule` of onnxscript is what they make room for."""
    return [
        *(AfterUnary.rule(operator) for operator in UNARY),
        *(AfterBinary.rule(operator, second) for operator in BINARY for second in (False, True)),
        *(AfterBoth.rule(operator) for operator in BINARY),
        AfterPad.rule(),
        TransposeOfUnsqueeze.rule(),
        TransposeBeforeAddition.rule(),
    ]
