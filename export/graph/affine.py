"""Scales and shifts by constants, such as batch normalization leaves, inside the weights that come before them."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir
from onnxscript.rewriter import RewriteRule, RewriteRuleClassBase

from export.graph.constants import constant, known, number, per_channel, producer

KERNELS = {"Conv": 0, "ConvTranspose": 1}


class ScaledConvolution(RewriteRuleClassBase):
    """Mul(Conv(x, kernel, bias), constant) becomes Conv(x, kernel * constant, bias * constant).

    Args:
        operator: `Conv` or `ConvTranspose`, of one group.
    """

    def __init__(self, operator: str) -> None:
        super().__init__(name=f"Scaled{operator}")
        self.operator = operator

    def pattern(self, op: Any, x: Any, kernel: Any, by: Any) -> Any:
        return op.Mul(_convolution(op, self.operator, x, kernel), by)

    def check(self, context: Any, x: ir.Value, kernel: ir.Value, by: ir.Value, made: ir.Value) -> bool:
        return _factors(made, kernel, by, self.operator) is not None

    def rewrite(self, op: Any, x: ir.Value, kernel: ir.Value, by: ir.Value, made: ir.Value) -> Any:
        node, weights = made.producer(), known(kernel)
        factors = _factors(made, kernel, by, self.operator)
        assert node is not None
        assert factors is not None
        shape = [1] * weights.ndim
        shape[KERNELS[self.operator]] = -1
        bias = known(node.inputs[2]) * factors if len(node.inputs) > 2 else None
        return _convolved(op, node, weights * factors.reshape(shape), bias)


class ShiftedConvolution(RewriteRuleClassBase):
    """Add(Conv(x, kernel, bias), constant) becomes Conv(x, kernel, bias + constant).

    Args:
        operator: `Conv` or `ConvTranspose`, of one group.
    """

    def __init__(self, operator: str) -> None:
        super().__init__(name=f"Shifted{operator}")
        self.operator = operator

    def pattern(self, op: Any, x: Any, kernel: Any, by: Any) -> Any:
        return op.Add(_convolution(op, self.operator, x, kernel), by)

    def check(self, context: Any, x: ir.Value, kernel: ir.Value, by: ir.Value, made: ir.Value) -> bool:
        return _factors(made, kernel, by, self.operator) is not None

    def rewrite(self, op: Any, x: ir.Value, kernel: ir.Value, by: ir.Value, made: ir.Value) -> Any:
        node, weights = made.producer(), known(kernel)
        shift = _factors(made, kernel, by, self.operator)
        assert node is not None
        assert shift is not None
        return _convolved(op, node, weights, shift + (known(node.inputs[2]) if len(node.inputs) > 2 else 0.0))


class ScaledProduct(RewriteRuleClassBase):
    """Mul(MatMul(x, weights), constant) becomes MatMul(x, weights * constant)."""

    def pattern(self, op: Any, x: Any, weights: Any, by: Any) -> Any:
        return op.Mul(op.MatMul(x, weights), by)

    def check(self, context: Any, x: ir.Value, weights: ir.Value, by: ir.Value) -> bool:
        matrix, factors = constant(weights), constant(by)
        if matrix is None or factors is None or matrix.ndim != 2:
            return False
        return factors.size in (1, matrix.shape[1]) and factors.shape in {
            (),
            (1,),
            matrix.shape[1:],
            (1, matrix.shape[1]),
        }

    def rewrite(self, op: Any, x: ir.Value, weights: ir.Value, by: ir.Value) -> Any:
        return op.MatMul(x, op.Constant(value=ir.tensor(known(weights) * known(by).reshape(-1))))


class BeforeReshape(RewriteRuleClassBase):
    """An operation of Reshape(x) and a constant becomes Reshape of the operation of x and the constant spread out,
    where x is a batch of vectors, (n, size), that become pictures.

    Args:
        operator: `Mul` or `Add`.
    """

    def __init__(self, operator: str) -> None:
        super().__init__(name=f"{operator}BeforeReshape")
        self.operator = operator

    def pattern(self, op: Any, x: Any, shape: Any, by: Any) -> Any:
        return getattr(op, self.operator)(op.Reshape(x, shape), by)

    def check(self, context: Any, x: ir.Value, shape: ir.Value, by: ir.Value) -> bool:
        return _spread(x, shape, by) is not None

    def rewrite(self, op: Any, x: ir.Value, shape: ir.Value, by: ir.Value) -> Any:
        spread = op.Constant(value=ir.tensor(_spread(x, shape, by)))
        return op.Reshape(getattr(op, self.operator)(x, spread), shape)


def affine_rules() -> list[RewriteRule]:
    """All of them, in an order in which one makes room for the next."""
    of_convolutions = [
        rule(operator) for operator in KERNELS for rule in (ScaledConvolution.rule, ShiftedConvolution.rule)
    ]
    return [BeforeReshape.rule("Mul"), BeforeReshape.rule("Add"), ScaledProduct.rule(), *of_convolutions]


def _convolution(op: Any, operator: str, x: Any, kernel: Any) -> Any:
    node = getattr(op, operator)
    return node(x, kernel, _allow_other_inputs=True, _allow_other_attributes=True, _outputs=["made"])


def _factors(made: ir.Value, kernel: ir.Value, by: ir.Value, operator: str) -> np.ndarray | None:
    """A constant for each channel of a convolution's result, if that is what `by` is."""
    node, weights = made.producer(), constant(kernel)
    if node is None or weights is None or weights.ndim != 4 or number(node, "group", 1) != 1:
        return None
    if len(node.inputs) > 2 and constant(node.inputs[2]) is None:
        return None
    return per_channel(by, weights.shape[KERNELS[operator]])


def _convolved(op: Any, node: ir.Node, weights: np.ndarray, bias: np.ndarray | None) -> Any:
    given = [weights, *([] if bias is None else [bias])]
    values = [op.Constant(value=ir.tensor(array.astype(np.float32))) for array in given]
    return getattr(op, node.op_type)(node.inputs[0], *values, **node.attributes)


def _spread(x: ir.Value, shape: ir.Value, by: ir.Value) -> np.ndarray | None:
    """The constant as it would have to be before the reshaping: (size,)."""
    wanted, added = constant(shape), constant(by)
    if wanted is None or added is None or producer(x, "MatMul", "Gemm", "Mul", "Add") is None:
        return None
    sizes = tuple(wanted[1:].tolist())
    if wanted[0] not in (-1, 0) or min(sizes, default=0) < 1 or x.shape is None or len(x.shape) != 2:
        return None
    if x.shape[1] != int(np.prod(sizes)):
        return None
    try:
        return np.broadcast_to(added, (1, *sizes)).reshape(-1).copy()
    except ValueError:
        return None
