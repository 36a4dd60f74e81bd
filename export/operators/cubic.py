"""TensorFlow's bicubic weights for sides that are known only when a graph runs.

The fraction of a position is rounded to 1/1024, and what lies outside the picture does not count.

Source: Keys 1981, "Cubic Convolution Interpolation for Digital Image Processing", equation 15, with a = -1/2.
"""

from __future__ import annotations

import numpy as np
import onnx

from export.operators.writing import Writer

STEPS = 1024.0
NEAR, FAR = (1.5, -2.5, 0.0, 1.0), (-0.5, 2.5, -4.0, 2.0)


def cubic_matrix(write: Writer, old: str, new: str) -> str:
    """The weights of the pixels of a side in those that it becomes, float32 (new, old).

    Args:
        write: of the graph.
        old: int64 (), how many pixels there are.
        new: int64 (), how many there are to be.
    """

    def number(value: float) -> str:
        return write.constant(value, np.float32)

    scale = write("Div", _real(write, old), _real(write, new))
    middles = write("Add", _counted(write, new), number(0.5))
    position = write("Sub", write("Mul", middles, scale), number(0.5))
    first = write("Floor", position)
    fraction = write("Div", write("Round", write("Mul", write("Sub", position, first), number(STEPS))), number(STEPS))
    # Positions down and pixels across.
    down = write("Unsqueeze", write("Add", first, fraction), write.constant([1], np.int64))
    distance = write("Abs", write("Sub", down, _counted(write, old)))
    far = write("Where", write("Less", distance, number(2)), _polynomial(write, distance, FAR), number(0))
    near = write("Where", write("LessOrEqual", distance, number(1)), _polynomial(write, distance, NEAR), far)
    return write("Div", near, write("ReduceSum", near, write.constant([1], np.int64), keepdims=1))


def _polynomial(write: Writer, x: str, coefficients: tuple[float, ...]) -> str:
    """By Horner's rule, the highest power first."""
    value = write.constant(coefficients[0], np.float32)
    for coefficient in coefficients[1:]:
        value = write("Add", write("Mul", value, x), write.constant(coefficient, np.float32))
    return value


def _counted(write: Writer, count: str) -> str:
    """0, 1, ... as float32 (count,)."""
    return _real(write, write("Range", write.constant(0, np.int64), count, write.constant(1, np.int64)))


def _real(write: Writer, whole: str) -> str:
    return write("Cast", whole, to=onnx.TensorProto.FLOAT)
