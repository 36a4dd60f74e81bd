"""The last convolution of a network, to the one or three channels of a picture.

ONNX Runtime's kernels compute sixteen channels at a time, so three channels cost as much as sixteen. Therefore the
convolution computes four neighbouring pixels of each channel as four channels, with stride 2 and a kernel that is one
pixel larger, and `DepthToSpace` puts the pixels into their places.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir
from onnxscript.rewriter import RewriteRuleClassBase

from export.graph.constants import constant, integers, known, number, text

MOST_CHANNELS, LEAST_KERNEL = 4, 3
BLOCK = 2
# What keeps a picture's sides.
KEEPING = ("Tanh", "Sigmoid", "Relu", "Clip", "Round", "Cast", "Add", "Sub", "Mul", "Div", "Transpose", "Identity")


class NarrowConvolution(RewriteRuleClassBase):
    """Conv(x, k x k) to at most four channels, stride 1, becomes DepthToSpace(Conv(x, (k + 1) x (k + 1), stride 2)).

    Args:
        even: whether heights and widths of the network's pictures are known to be even, where they are not fixed.
    """

    def __init__(self, even: bool) -> None:
        super().__init__()
        self.even = even

    def pattern(self, op: Any, x: Any, kernel: Any) -> Any:
        return op.Conv(x, kernel, _allow_other_inputs=True, _allow_other_attributes=True, _outputs=["made"])

    def check(self, context: Any, x: ir.Value, kernel: ir.Value, made: ir.Value) -> bool:
        node, weights = made.producer(), constant(kernel)
        assert node is not None
        if weights is None or len(weights) > MOST_CHANNELS or min(weights.shape[2:]) < LEAST_KERNEL:
            return False
        biases = node.inputs[2:]
        if biases and constant(biases[0]) is None:
            return False
        plain = number(node, "group", 1) == 1 and text(node, "auto_pad", "NOTSET") == "NOTSET"
        steps = {*integers(node, "strides", (1,)), *integers(node, "dilations", (1,))}
        return plain and steps == {1} and self._has_even_sides(made)

    def _has_even_sides(self, made: ir.Value) -> bool:
        if made.shape is not None and all(isinstance(side, int) for side in made.shape[2:]):
            return all(side % BLOCK == 0 for side in made.shape[2:])
        return self.even and _becomes_an_output(made)

    def rewrite(self, op: Any, x: ir.Value, kernel: ir.Value, made: ir.Value) -> Any:
        node, weights = made.producer(), known(kernel)
        assert node is not None
        channels, inputs, height, width = weights.shape
        larger = np.zeros((BLOCK, BLOCK, channels, inputs, height + 1, width + 1), np.float32)
        for down in range(BLOCK):
            for right in range(BLOCK):
                larger[down, right, :, :, down : down + height, right : right + width] = weights
        given = [x, op.Constant(value=ir.tensor(larger.reshape(-1, *larger.shape[3:])))]
        if len(node.inputs) > 2:
            given.append(op.Constant(value=ir.tensor(np.tile(known(node.inputs[2]), BLOCK**2))))
        convolved = op.Conv(
            *given,
            kernel_shape=[height + 1, width + 1],
            strides=[BLOCK, BLOCK],
            pads=list(integers(node, "pads", (0, 0, 0, 0))),
        )
        return op.DepthToSpace(convolved, blocksize=BLOCK, mode="DCR")


def _becomes_an_output(value: ir.Value) -> bool:
    """Whether a value has the sides of a picture that the graph gives: inside, sides may be odd at any scale."""
    if value.is_graph_output():
        return True
    return any(node.op_type in KEEPING and any(map(_becomes_an_output, node.outputs)) for node, _ in value.uses())
