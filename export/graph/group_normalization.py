"""Group normalizations with a group for each channel, which are instance normalizations.

PyTorch's exporters write any group normalization as an instance normalization of reshaped groups.
"""

from __future__ import annotations

from typing import Any

import onnx_ir as ir
from onnxscript.rewriter import RewriteRuleClassBase

from export.graph.constants import constant, number, producer


class ReshapedGroups(RewriteRuleClassBase):
    """Reshape(InstanceNormalization(Reshape(x, (0, channels, -1)), ...), shape of x) becomes
    InstanceNormalization(x, ...): the groups have a channel each."""

    def pattern(self, op: Any, x: Any, groups: Any, gain: Any, shift: Any, shape: Any) -> Any:
        grouped = op.Reshape(x, groups, _allow_other_attributes=True)
        normalized = op.InstanceNormalization(grouped, gain, shift, _allow_other_attributes=True, _outputs=["inner"])
        return op.Reshape(normalized, shape, _allow_other_attributes=True, _outputs=["made"])

    def check(
        self, context: Any, x: ir.Value, groups: ir.Value, gain: ir.Value, shape: ir.Value, made: ir.Value, **_: Any
    ) -> bool:
        wanted, gains = constant(groups), constant(gain)
        if wanted is None or gains is None or x.shape is None or len(x.shape) < 3 or len(wanted) != 3:
            return False
        first = wanted[0] == 0 or wanted[0] == x.shape[0]
        each = x.shape[1] == gains.size == wanted[1]
        return bool(first and each and wanted[2] == -1 and _restores(shape, x))

    def rewrite(self, op: Any, x: ir.Value, gain: ir.Value, shift: ir.Value, inner: ir.Value, **_: Any) -> Any:
        node = inner.producer()
        assert node is not None
        return op.InstanceNormalization(x, gain, shift, **node.attributes)


def _restores(shape: ir.Value, x: ir.Value) -> bool:
    """Whether a shape is that of x."""
    asked = producer(shape, "Shape")
    if asked is not None:
        return asked.inputs[0] is x and number(asked, "start", 0) == 0 and "end" not in asked.attributes
    wanted = constant(shape)
    if wanted is None or x.shape is None or len(wanted) != len(x.shape):
        return False
    unknown = [index for index, size in enumerate(x.shape) if wanted[index] != size]
    return len(unknown) <= 1 and all(wanted[index] == -1 for index in unknown)
