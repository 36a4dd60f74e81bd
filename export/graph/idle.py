"""Nodes that change nothing: a shape that is there already, and an index that ONNX wraps by itself."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import onnx_ir as ir
from onnxscript.rewriter import RewriteRuleClassBase

from export.graph.constants import constant, producer


class ReshapeToTheSame(RewriteRuleClassBase):
    """Reshape(x, shape) is x where the shapes are known to be equal: all but one of the axes suffice."""

    def pattern(self, op: Any, x: Any, shape: Any) -> Any:
        return op.Reshape(x, shape)

    def check(self, context: Any, x: ir.Value, shape: ir.Value) -> bool:
        wanted = constant(shape)
        if wanted is None or x.shape is None or len(x.shape) != len(wanted):
            return False
        return sum(asked != has for asked, has in zip(wanted.tolist(), x.shape, strict=True)) <= int(-1 in wanted)

    def rewrite(self, op: Any, x: ir.Value, shape: ir.Value) -> Any:
        return op.Identity(x)


class WrappedIndex(RewriteRuleClassBase):
    """Gather(table, index + rows where index < 0 else index) is Gather(table, index): ONNX counts negative ones from
    the end by itself."""

    def pattern(self, op: Any, table: Any, index: Any) -> Any:
        return op.Gather(table, index, _allow_other_attributes=True, _outputs=["made"])

    def check(self, context: Any, table: ir.Value, index: ir.Value, made: ir.Value) -> bool:
        return _unwrapped(table, index) is not None

    def rewrite(self, op: Any, table: ir.Value, index: ir.Value, made: ir.Value) -> Any:
        node = made.producer()
        assert node is not None
        return op.Gather(table, _unwrapped(table, index), **node.attributes)

    def __init__(self) -> None:
        super().__init__(remove_nodes=False)


def _unwrapped(table: ir.Value, index: ir.Value) -> ir.Value | None:
    """The index before it was wrapped: `less * (index + rows) + (not less) * index` is what tf2onnx makes of it."""
    rows = constant(table)
    total = producer(index, "Add")
    if rows is None or total is None:
        return None
    for one, other in permutations(total.inputs):
        wrapped, kept = producer(one, "Mul"), producer(other, "Mul")
        if wrapped is None or kept is None:
            continue
        for original, _ in permutations(kept.inputs):
            if original is not None and any(_is_wrapped(value, original, len(rows)) for value in wrapped.inputs):
                return original
    return None


def _is_wrapped(value: ir.Value | None, original: ir.Value, rows: int) -> bool:
    added = producer(value, "Add")
    if added is None or original not in added.inputs:
        return False
    return any(
        (known := constant(each)) is not None and known.size == 1 and int(known) == rows for each in added.inputs
    )
