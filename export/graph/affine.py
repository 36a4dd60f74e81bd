"""Folds scales and shifts by constants, such as those of batch normalization, into the weights before them."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir
from onnxscript.rewriter import RewriteRule, RewriteRuleClassBase

from export.graph.constants import constant, known, number, per_channel, producer

KERNELS = {"Conv": 0, "ConvTranspose": 1}


class AffineConvolution(RewriteRuleClassBase):
    """Mul(Conv(x, kernel, bias), constant) becomes Conv(x, kernel * constant, bias * constant), and
    Add(Conv(x, kernel, bias), constant) becomes Conv(x, kernel, bias + constant).

    Args:
        operator: `Conv` or `ConvTranspose`, with one group.
        operation: `Mul` or `Add`.
    """

    def __init__(self, operator: str, operation: str) -> None:
        super().__init__(name=f"{operation}Of{operator}")
        self.operator, self.operation = operator, operation

    def pattern(self, op: Any, x: Any, kernel: Any, by: Any) -> Any:
        convolution = getattr(op, self.operator)
        made = convolution(x, kernel, _allow_other_inputs=True, _allow_other_attributes=True, _outputs=["made"])
        return getattr(op, self.operation)(made, by)

    def check(self, context: Any, x: ir.Value, kernel: ir.Value, by: ir.Value, made: ir.Value) -> bool:
        return self._per_channel(made, kernel, by) is not None

    def rewrite(self, op: Any, x: ir.Value, kernel: ir.Value, by: ir.Value, made: ir.Value) -> Any:
        node, weights = made.producer(), known(kernel)
        numbers = self._per_channel(made, kernel, by)
        assert node is not None
        assert numbers is not None
        bias = known(node.inputs[2]) if len(node.inputs) > 2 else np.zeros_like(numbers)
        if self.operation == "Add":
            bias = bias + numbers
        else:
            shape = [1] * weights.ndim
            shape[KERNELS[self.operator]] = -1
            weights, bias = weights * numbers.reshape(shape), bias * numbers
        values = [op.Constant(value=ir.tensor(array.astype(np.float32))) for array in (weights, bias)]
        return getattr(op, self.operator)(x, *values, **node.attributes)

    def _per_channel(self, made: ir.Value, kernel: ir.Value, by: ir.Value) -> np.ndarray | None:
        """`by` as a constant for each channel of the convolution's result, or None if it is something else."""
        node, weights = made.producer(), constant(kernel)
        if node is None or weights is None or weights.ndim != 4 or number(node, "group", 1) != 1:
            return None
        if len(node.inputs) > 2 and constant(node.inputs[2]) is None:
            return None
        return per_channel(by, weights.shape[KERNELS[self.operator]])


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
    """An operation on Reshape(x) and a constant becomes Reshape of the operation on x and the reshaped constant. Here x
    is a batch of vectors, (n, size), that are reshaped to pictures.

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
    """All rules, in an order in which one makes the next applicable."""
    operations = ("Mul", "Add")
    of_convolutions = [AffineConvolution.rule(operator, operation) for operator in KERNELS for operation in operations]
    return [*(BeforeReshape.rule(operation) for operation in operations), ScaledProduct.rule(), *of_convolutions]


def _spread(x: ir.Value, shape: ir.Value, by: ir.Value) -> np.ndarray | None:
    """The constant in the shape before the Reshape, (size,), or None if the rule does not apply."""
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
