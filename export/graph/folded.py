"""What is known before a graph runs, computed once: chains of shapes, and constants made of constants."""

from __future__ import annotations

import math

import onnx
import onnx_ir as ir
from onnxscript import optimizer

# Numbers that one constant may have: more than any chain of shapes, and less than a file could ask for.
MOST_NUMBERS = 2**18
# Made of a shape alone, which onnxscript leaves to the runtime unless it is told otherwise.
OF_SHAPES = ("ConstantOfShape",)


def fold(graph: ir.Model) -> None:
    """Replaces nodes by what they compute where that is known and small."""
    optimizer.optimize_ir(graph, should_fold=_should_fold)


def folded(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same function with what is known as constants; the model is not changed."""
    graph = ir.from_proto(onnx.shape_inference.infer_shapes(model, data_prop=True))
    fold(graph)
    return ir.to_proto(graph)


def _should_fold(node: ir.Node) -> bool | None:
    """Whether a node of constants is computed; None leaves it to onnxscript.

    A file of some bytes may ask for as many numbers as it likes, by `Expand` as well as by `ConstantOfShape`. How many
    there would be is known without computing them.
    """
    for value in node.outputs:
        if value.shape is None:
            return False
        sizes = [size for size in value.shape if isinstance(size, int)]
        if len(sizes) < len(value.shape) or math.prod(sizes) > MOST_NUMBERS:
            return False
    return True if node.op_type in OF_SHAPES else None
