"""The sign of a number by its bits, which Keras's `argmax` and `argmin` read to tell -0 from 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from export.operators.writing import Writer

SIGN = np.iinfo(np.int32).min


def convert_bits(graph: Any, node: Any, name: str, arguments: Any) -> None:
    """Bitcast(x) of which nothing but the sign bit is read becomes an integer that has this bit alone: set where x is
    negative, or is 0 and 1 / x is. Any other Bitcast stays, and is refused later."""
    uses = graph.find_output_consumers(node.output[0])
    if not uses or not all(use.type == "BitwiseAnd" and _reads_sign(use) for use in uses):
        return
    write = Writer(graph)
    x, zero = node.input[0], write.constant(0, np.float32)
    negative = write("Or", write("Less", x, zero), write("Less", write("Reciprocal", x), zero))
    write.instead_of(node, "Where", negative, write.constant(SIGN, np.int32), write.constant(0, np.int32))


def _reads_sign(use: Any) -> bool:
    return any(each.is_const() and each.get_tensor_value() == SIGN for each in use.inputs)
