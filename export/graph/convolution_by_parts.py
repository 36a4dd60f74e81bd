"""A 3x3 convolution with half the multiplications.

This is Winograd's minimal filtering F(4, 3) along the width: four neighbouring values of a row of the result are
computed from six of the input, with 6 multiplications for each row of the kernel instead of 12. Six 3x1 convolutions
with a quarter of the width replace the 3x3 convolution. Their inputs and the result are products with sparse matrices.
For pictures of any width these matrices are computed when the graph runs, once for all convolutions of one width.

ONNX Runtime's CPU kernels do not have this algorithm. GPU kernels have it and choose it by themselves.

Source: Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks", section 4.3; Winograd 1980.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import onnx_ir as ir
from onnxscript.rewriter import RewriteRuleClassBase

from export.graph.constants import constant, integers, known, number, text

LEAST_CHANNELS, LEAST_WIDTH = 64, 32
KEEPING = ("Relu", "LeakyRelu", "Tanh", "Sigmoid", "InstanceNormalization", "BatchNormalization", "Add", "Mul")
# The convolution whose result counts once in each of the four neighbours.
BIASED = 1
TILE, WINDOW = 4, 6
# The points 0, 1, -1, 2, -2 and infinity.
INPUT = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ],
    np.float64,
)
KERNEL = np.array(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ]
)
OUTPUT = np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], np.float64)


class Width(NamedTuple):
    """The width of a value: that of another value plus a number."""

    of: ir.Value
    more: int


class ConvolutionByParts(RewriteRuleClassBase):
    """Conv(x, 3x3) with many channels and stride 1 becomes six 3x1 convolutions between products with two matrices."""

    def __init__(self) -> None:
        super().__init__()
        self._inputs: dict[tuple[Width, int, int], ir.Value] = {}
        self._outputs: dict[Width, ir.Value] = {}
        self._widths: dict[ir.Value, Width] = {}

    def pattern(self, op: Any, x: Any, kernel: Any) -> Any:
        return op.Conv(x, kernel, _allow_other_inputs=True, _allow_other_attributes=True, _outputs=["made"])

    def check(self, context: Any, x: ir.Value, kernel: ir.Value, made: ir.Value) -> bool:
        node, weights = made.producer(), constant(kernel)
        assert node is not None
        if weights is None or weights.shape[2:] != (3, 3) or min(weights.shape[:2]) < LEAST_CHANNELS:
            return False
        if x.shape is None or len(x.shape) != 4 or (isinstance(x.shape[3], int) and x.shape[3] < LEAST_WIDTH):
            return False
        plain = number(node, "group", 1) == 1 and text(node, "auto_pad", "NOTSET") == "NOTSET"
        return plain and {1} == {*integers(node, "strides", (1,)), *integers(node, "dilations", (1,))}

    def rewrite(self, op: Any, x: ir.Value, kernel: ir.Value, made: ir.Value) -> Any:
        node = made.producer()
        assert node is not None
        top, left, bottom, right = integers(node, "pads", (0, 0, 0, 0))
        width = self._width(x)
        result = Width(width.of, width.more + left + right - 2)
        parts = op.Split(op.MatMul(x, self._input(op, width, left, right)), axis=3, num_outputs=WINDOW, _outputs=WINDOW)
        weights = np.einsum("pw,oihw->poih", KERNEL, known(kernel).astype(np.float64)).astype(np.float32)
        biases = {BIASED: node.inputs[2]} if len(node.inputs) > 2 and node.inputs[2] is not None else {}
        convolved = [
            op.Conv(
                part,
                op.Constant(value=ir.tensor(weights[index, ..., None])),
                *([biases[index]] if index in biases else []),
                kernel_shape=[3, 1],
                pads=[top, 0, bottom, 0],
            )
            for index, part in enumerate(parts)
        ]
        output = self._output(op, result)
        made_of_parts = op.MatMul(op.Concat(*convolved, axis=3), output)
        self._widths[output] = result
        return made_of_parts

    def _width(self, value: ir.Value) -> Width:
        """Traces the width of a value back through nodes that keep it or change it by a number."""
        node = value.producer()
        if node is None or value in self._widths:
            return self._widths.get(value, Width(value, 0))
        if node.op_type == "MatMul" and node.inputs[1] in self._widths:
            return self._widths[node.inputs[1]]
        if node.op_type in KEEPING:
            return self._width(next(filter(_is_as_wide, node.inputs), node.inputs[0]))
        more = _added(node)
        if more is None:
            return Width(value, 0)
        of, before = self._width(node.inputs[0])
        return Width(of, before + more)

    def _input(self, op: Any, width: Width, left: int, right: int) -> ir.Value:
        """(width, 6 * parts): from a row to what each of the six convolutions takes."""
        key = (width, left, right)
        if key not in self._inputs:
            starts, places = self._places(op, width, width.more + left + right - 2)
            self._inputs[key] = _matrix(op, places, starts, INPUT.T, left, "rows")
        return self._inputs[key]

    def _output(self, op: Any, width: Width) -> ir.Value:
        """(6 * parts, width): from what the six convolutions give to a row."""
        if width not in self._outputs:
            starts, places = self._places(op, width, width.more)
            self._outputs[width] = _matrix(op, places, starts, OUTPUT, 0, "columns")
        return self._outputs[width]

    def _places(self, op: Any, width: Width, result: int) -> tuple[Any, Any]:
        """Where the parts begin in a row of the result, and the places of a row as long as `width`."""
        across = op.Squeeze(op.Shape(width.of, start=3, end=4))
        zero, tile = (op.Constant(value_int=value) for value in (0, TILE))
        end = op.Add(across, op.Constant(value_int=result))
        return op.Range(zero, end, tile), op.Range(
            zero, op.Add(across, op.Constant(value_int=width.more)), op.Constant(value_int=1)
        )


def _is_as_wide(value: ir.Value) -> bool:
    """Whether a value is a picture and not a scale or shift."""
    return constant(value) is None and value.shape is not None and len(value.shape) == 4 and value.shape[3] != 1


def _matrix(op: Any, places: Any, starts: Any, table: np.ndarray, before: int, side: str) -> Any:
    """A matrix with a row of `table` for every position inside a part, chosen by its offset there, and 0 elsewhere.

    Args:
        places: int64 (length,).
        starts: int64 (parts,), where the parts begin.
        table: (places in a part, 6).
        before: how far before its start a part reaches.
        side: `rows` gives (length, 6 * parts), `columns` (6 * parts, length).
    """
    empty = np.zeros((1, table.shape[1]))
    padded = op.Constant(value=ir.tensor(np.concatenate([empty, table, empty]).astype(np.float32)))
    last = op.Constant(value_int=len(table) + 1)
    if side == "rows":
        offsets = op.Sub(op.Unsqueeze(places, op.Constant(value_ints=[1])), starts)
        order, shape = [0, 2, 1], op.Constant(value_ints=[0, -1])
    else:
        offsets = op.Sub(places, op.Unsqueeze(starts, op.Constant(value_ints=[1])))
        order = [2, 0, 1]
    within = op.Clip(op.Add(offsets, op.Constant(value_int=before + 1)), op.Constant(value_int=0), last)
    values = op.Transpose(op.Gather(padded, within), perm=order)
    if side == "rows":
        return op.Reshape(values, shape)
    length = op.Shape(places)
    return op.Reshape(values, op.Concat(op.Constant(value_ints=[-1]), length, axis=0))


def _added(node: ir.Node) -> int | None:
    """By how many pixels a node makes pictures wider, or None if this is not a constant."""
    if node.op_type == "Pad":
        pads = constant(node.inputs[1])
        return None if pads is None or pads.size != 8 else int(pads[3] + pads[7])
    if node.op_type == "Conv" and text(node, "auto_pad", "NOTSET") == "NOTSET":
        weights = constant(node.inputs[1])
        if weights is None or {*integers(node, "strides", (1,)), *integers(node, "dilations", (1,))} != {1}:
            return None
        around = integers(node, "pads", (0, 0, 0, 0))
        return around[1] + around[3] + 1 - weights.shape[3]
    return None
