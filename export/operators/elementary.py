"""Functions of one number that ONNX has others for: erfc, of the exact GELU, exp(x) - 1, of CELU, and log(1 + x).

The errors are absolute and not relative: the layers add these numbers to others near 1.
"""

from __future__ import annotations

from typing import Any

from export.operators.writing import Writer


def expand_complementary_error(graph: Any, node: Any, name: str, arguments: Any) -> None:
    """erfc(x) = 1 - erf(x)."""
    write = Writer(graph)
    write.instead_of(node, "Sub", _one(write, node), write("Erf", node.input[0]))


def expand_exponential_minus_one(graph: Any, node: Any, name: str, arguments: Any) -> None:
    """expm1(x) = exp(x) - 1."""
    write = Writer(graph)
    write.instead_of(node, "Sub", write("Exp", node.input[0]), _one(write, node))


def expand_logarithm_of_one_plus(graph: Any, node: Any, name: str, arguments: Any) -> None:
    """log1p(x) = log(1 + x)."""
    write = Writer(graph)
    write.instead_of(node, "Log", write("Add", node.input[0], _one(write, node)))


def _one(write: Writer, node: Any) -> str:
    from tf2onnx import utils

    return write.constant(1, utils.map_onnx_to_numpy_type(write.graph.get_dtype(node.input[0])))
