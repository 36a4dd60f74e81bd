"""Resizing of pictures with TensorFlow's own numbers.

All of TensorFlow's kinds are linear and treat height and width apart. Where ONNX's `Resize` does not compute the same,
which is so for sides that are no multiples of the old ones, and for kinds other than the nearest and the bilinear, a
picture is multiplied by a matrix for each side.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from export.operators.cubic import cubic_matrix
from export.operators.writing import Writer

NEAREST, LINEAR, CUBIC, WEIGHTED = "ResizeNearestNeighbor", "ResizeBilinear", "ResizeBicubic", "ScaleAndTranslate"
CHANNELS_FIRST, CHANNELS_LAST = [0, 3, 1, 2], [0, 2, 3, 1]
HEIGHT, WIDTH = 2, 3
HALF = "half_pixel_centers"

Sides: TypeAlias = tuple[int, int]


def convert_resize(graph: Any, node: Any, name: str, arguments: Any) -> None:
    """tf2onnx's handler of the five operators, which rewrites the node; one that makes weighted means of pictures of
    free sides stays, and is refused later."""
    write = Writer(graph)
    shape = graph.get_shape(node.input[0])
    sides = None if shape is None or -1 in shape[1:3] else (shape[1], shape[2])
    wanted = tuple(node.inputs[1].get_tensor_value()) if node.inputs[1].is_const() else None
    x = write("Transpose", node.input[0], perm=CHANNELS_FIRST)
    if sides is not None and wanted is not None:
        made: str | None = _of_fixed_sides(write, node, x, sides, wanted)
    else:
        made = _of_free_sides(write, node, x, _attribute(node, HALF))
    if made is not None:
        write.instead_of(node, "Transpose", made, perm=CHANNELS_LAST)


def _of_fixed_sides(write: Writer, node: Any, x: str, sides: Sides, wanted: Sides) -> str:
    if all(new % old == 0 for old, new in zip(sides, wanted, strict=True)) and _mode(node) is not None:
        scales = write.constant([1, 1, *(new / old for old, new in zip(sides, wanted, strict=True))], np.float32)
        return _resize(write, x, _mode(node), scales)
    for axis, (old, new) in zip((HEIGHT, WIDTH), zip(sides, wanted, strict=True), strict=True):
        if node.type == NEAREST:
            places = _run(node, np.arange(old).reshape(1, old, 1, 1), axis, new)
            x = write("Gather", x, write.constant(places.reshape(-1), np.int64), axis=axis)
        else:
            matrix = _run(node, np.eye(old).reshape(1, old, old, 1), axis, new).reshape(new, old)
            x = _multiplied(write, x, write.constant(matrix, np.float32), axis)
    return x


def _of_free_sides(write: Writer, node: Any, x: str, half_pixel: bool) -> str | None:
    wanted = write("Cast", node.input[1], to=_type_of(np.int64))
    if node.type == LINEAR and half_pixel:
        return _resize(write, x, _mode(node), write.constant([], np.float32), _sizes(write, x, wanted))
    if node.type not in (NEAREST, CUBIC) or _attribute(node, "align_corners"):
        return None
    if node.type == CUBIC and not half_pixel:
        return None
    for axis in (HEIGHT, WIDTH):
        new = write("Gather", wanted, write.constant(axis - HEIGHT, np.int64), axis=0)
        old = write("Gather", write("Shape", x), write.constant(axis, np.int64), axis=0)
        if node.type == NEAREST:
            x = write("Gather", x, _nearest(write, old, new, half_pixel), axis=axis)
        else:
            x = _multiplied(write, x, cubic_matrix(write, old, new), axis)
    return x


def _nearest(write: Writer, old: str, new: str, half_pixel: bool) -> str:
    """The places that pixels of a side are taken from, int64 (new,): TensorFlow's float32 arithmetic."""
    real, whole = _type_of(np.float32), _type_of(np.int64)
    scale = write("Div", write("Cast", old, to=real), write("Cast", new, to=real))
    zero, one = write.constant(0, np.int64), write.constant(1, np.int64)
    counted = write("Cast", write("Range", zero, new, one), to=real)
    if half_pixel:
        counted = write("Add", counted, write.constant(0.5, np.float32))
    places = write("Cast", write("Floor", write("Mul", counted, scale)), to=whole)
    return write("Min", places, write("Sub", old, one))


def _multiplied(write: Writer, x: str, matrix: str, axis: int) -> str:
    """Pictures (n, channels, height, width) whose height or width becomes that of a matrix (new, old)."""
    if axis == HEIGHT:
        return write("MatMul", matrix, x)
    return write("MatMul", x, write("Transpose", matrix, perm=[1, 0]))


def _sizes(write: Writer, x: str, wanted: str) -> str:
    """(n, channels, *wanted). Sizes and not scales: 9 / 7 in float32 times 7 may be less than 9."""
    starts, ends = write.constant([0], np.int64), write.constant([2], np.int64)
    return write("Concat", write("Slice", write("Shape", x), starts, ends), wanted, axis=0)


def _mode(node: Any) -> str | None:
    """What ONNX's `Resize` calls the kind; None for one that it has otherwise."""
    if _attribute(node, "align_corners"):
        return None
    return "nearest" if node.type == NEAREST else "linear" if node.type == LINEAR and _attribute(node, HALF) else None


def _resize(write: Writer, x: str, mode: str | None, *scales_and_sizes: str) -> str:
    coordinates = "asymmetric" if mode == "nearest" else "half_pixel"
    options = {"mode": mode, "nearest_mode": "floor", "coordinate_transformation_mode": coordinates}
    return write("Resize", x, write.constant([], np.float32), *scales_and_sizes, **options)


def _run(node: Any, values: np.ndarray, axis: int, new: int) -> np.ndarray:
    """What TensorFlow makes of pictures (1, height, width, 1) whose height becomes `new`, as it does along an axis."""
    size = (new, values.shape[2])
    with tf.Graph().as_default() as graph, tf.compat.v1.Session(graph=graph) as session:
        images = tf.constant(values, tf.float32)
        if node.type == WEIGHTED:
            # The scale is that of the sides; TensorFlow computes it in the graph from a shape.
            made = tf.raw_ops.ScaleAndTranslate(
                images=images,
                size=size,
                scale=(np.float32(new) / np.float32(values.shape[1]), 1.0),
                translation=(0.0, 0.0),
                kernel_type=node.get_attr_str("kernel_type"),
                antialias=_attribute(node, "antialias"),
            )
        else:
            options = {} if node.type == "ResizeArea" else {HALF: _attribute(node, HALF)}
            operator = getattr(tf.raw_ops, node.type)
            made = operator(images=images, size=size, align_corners=_attribute(node, "align_corners"), **options)
        return np.asarray(session.run(made))


def _attribute(node: Any, name: str) -> bool:
    attribute = node.get_attr(name)
    return attribute is not None and bool(attribute.i)


def _type_of(dtype: Any) -> int:
    from tf2onnx import utils

    return int(utils.map_numpy_to_onnx_dtype(np.dtype(dtype)))
