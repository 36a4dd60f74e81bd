"""A transposed convolution of pictures of any size as one ONNX node.

tf2onnx makes a chain of Slice and Pad of one whose height and width are free, around shapes that it computes from
unknown ones: with an axis too many in some conversions, and wrong for output padding and kernels smaller than the
stride.
"""

from __future__ import annotations

from typing import Any, NamedTuple

SPATIAL = 2
# What a size goes through on its way into a shape.
PASSING = ("Cast", "Identity", "Squeeze", "Unsqueeze", "Reshape")


class Line(NamedTuple):
    """A size as a multiple of another one plus a number."""

    times: int
    plus: int


def convert_transposed_convolution(graph: Any, node: Any, name: str, arguments: Any) -> None:
    """tf2onnx's handler of `Conv2DBackpropInput` (graph, node, its name, no arguments), which rewrites the node.

    Pictures whose output has sides of `stride` times the input's plus a number are one node; all others are tf2onnx's
    own. The parity check of an export, at three sizes, is what finds a network for which neither is right.
    """
    from tf2onnx.onnx_opset import nn

    strides = nn.parse_dims_attr(node, node.get_attr("strides").ints, SPATIAL)
    surplus = _surplus(graph, node, strides)
    if surplus is None or not nn.is_channels_last(node):
        nn.ConvTranspose.version_11(graph, node)
        return
    dilations = nn.parse_dims_attr(node, node.get_attr("dilations").ints, SPATIAL)
    kernel = [
        (side - 1) * apart + 1 for side, apart in zip(graph.get_shape(node.input[1])[:SPATIAL], dilations, strict=True)
    ]
    # What the transposed convolution makes beyond the sides that are wanted, at both ends together.
    beyond = [side - stride - more for side, stride, more in zip(kernel, strides, surplus, strict=True)]
    cut = [max(0, total) if node.get_attr_str("padding") == "SAME" else 0 for total in beyond]
    before = [total // 2 for total in cut]
    node.type = "ConvTranspose"
    nn.conv_kernel_shape(graph, node, 1, spatial=SPATIAL)
    nn.conv_dims_attr(node, "strides", spatial=SPATIAL)
    nn.conv_dims_attr(node, "dilations", spatial=SPATIAL)
    node.set_attr("pads", before + [total - first for total, first in zip(cut, before, strict=True)])
    node.set_attr("output_padding", [total - side for total, side in zip(cut, beyond, strict=True)])
    _, weights, images, *bias = node.input  # tf2onnx has moved the bias in where it found it right behind
    graph.replace_inputs(node, [images, weights, *bias])
    nn.conv_convert_inputs(graph, node, with_kernel=True, spatial=SPATIAL, quantization_axis=1)


def _surplus(graph: Any, node: Any, strides: list[int]) -> list[int] | None:
    """By how much the sides of the output are more than `stride` times those of the input; None where that is not known
    before the graph runs."""
    from tf2onnx.onnx_opset import nn

    inputs, wanted = graph.get_shape(node.input[2]), nn.get_shape_from_const_or_concat(graph, node.inputs[0])
    entries = [node.inputs[0].inputs[axis] for axis in (1, 2)] if _is_list(node.inputs[0]) else []
    surplus = []
    for index, stride in enumerate(strides):
        axis = 1 + index
        if inputs[axis] != -1 and wanted is not None and wanted[axis] != -1:
            surplus.append(wanted[axis] - stride * inputs[axis])
            continue
        line = _line(entries[index]) if entries else None
        if line is None or line.times != stride:
            return None
        surplus.append(line.plus)
    return surplus


def _is_list(shape: Any) -> bool:
    return shape.type in ("Concat", "Pack") and len(shape.inputs) == 2 + SPATIAL


def _line(node: Any) -> Line | None:
    """The size that a node computes, as Keras writes it: by sums and products of a side and constants."""
    if node.is_const():
        value = node.get_tensor_value(as_list=False)
        return Line(0, int(value.reshape(-1)[0])) if value.size == 1 else None
    if node.type in PASSING:
        return _line(node.inputs[0])
    if node.type not in ("Add", "AddV2", "Sub", "Mul"):
        return Line(1, 0)
    one, other = (_line(each) for each in node.inputs)
    if one is None or other is None:
        return None
    if node.type == "Mul":
        constant, line = (one, other) if one.times == 0 else (other, one)
        return Line(constant.plus * line.times, constant.plus * line.plus) if constant.times == 0 else None
    sign = -1 if node.type == "Sub" else 1
    return Line(one.times + sign * other.times, one.plus + sign * other.plus)
