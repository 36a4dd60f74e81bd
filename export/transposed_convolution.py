"""A transposed convolution of pictures of any size as one ONNX node.

tf2onnx writes one whose output size is known as one node. Of one whose height and width are free it makes a chain of
Slice and Pad around shapes that it computes from unknown ones, which came out with an axis too many in some conversions
and not in others of the same network.
"""

from __future__ import annotations

from typing import Any

SPATIAL = 2


def convert_transposed_convolution(graph: Any, node: Any, name: str, arguments: Any) -> None:
    """tf2onnx's handler of `Conv2DBackpropInput` (graph, node, its name, no arguments), which rewrites the node.

    Sides that are free and padded as `same` become `stride` times as large, as Keras makes them; all others are
    tf2onnx's own. The parity check of an export, at three sizes, is what finds a network to which this does not apply.
    """
    from tf2onnx.onnx_opset import nn

    if nn.get_shape_from_const_or_concat(graph, node.inputs[0]) is not None or node.get_attr_str("padding") != "SAME":
        nn.ConvTranspose.version_11(graph, node)
        return
    kernel = graph.get_shape(node.input[1])[:SPATIAL]
    strides = nn.parse_dims_attr(node, node.get_attr("strides").ints, SPATIAL)
    surplus = [side - stride for side, stride in zip(kernel, strides, strict=True)]
    before = [max(0, total) // 2 for total in surplus]
    after = [max(0, total) - first for total, first in zip(surplus, before, strict=True)]
    node.type = "ConvTranspose"
    nn.conv_kernel_shape(graph, node, 1, spatial=SPATIAL)
    nn.conv_dims_attr(node, "strides", spatial=SPATIAL)
    nn.conv_dims_attr(node, "dilations", spatial=SPATIAL)
    node.set_attr("pads", before + after)
    node.set_attr("output_padding", [max(0, -total) for total in surplus])
    _, weights, images, *bias = node.input  # tf2onnx has moved the bias in where it found it right behind
    graph.replace_inputs(node, [images, weights, *bias])
    nn.conv_convert_inputs(graph, node, with_kernel=True, spatial=SPATIAL, quantization_axis=1)
