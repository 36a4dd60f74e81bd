"""TensorFlow's operators that tf2onnx does not have, or has in a way that is not always right: one kind in each file.

tf2onnx calls a handler with its graph, a node, the node's name and the handler's arguments; it rewrites the node.
"""

from __future__ import annotations

from typing import Any

from export.operators.elementary import (
    expand_complementary_error,
    expand_exponential_minus_one,
    expand_logarithm_of_one_plus,
)
from export.operators.resizing import convert_resize
from export.operators.sign_bit import convert_bits
from export.operators.transposed_convolution import convert_transposed_convolution

HANDLERS: dict[str, tuple[Any, list[Any]]] = {
    "Bitcast": (convert_bits, []),
    "Conv2DBackpropInput": (convert_transposed_convolution, []),
    "Erfc": (expand_complementary_error, []),
    "Expm1": (expand_exponential_minus_one, []),
    "Log1p": (expand_logarithm_of_one_plus, []),
    "ResizeArea": (convert_resize, []),
    "ResizeBicubic": (convert_resize, []),
    "ResizeBilinear": (convert_resize, []),
    "ResizeNearestNeighbor": (convert_resize, []),
    "ScaleAndTranslate": (convert_resize, []),
}

__all__ = ["HANDLERS"]
