"""Convolutions and normalizations of an ONNX file, as weights that a Keras network may begin with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from export.foreign.onnx_files import read_onnx
from keras_gen.training.foreign_layers import ForeignLayer, Kind

# (out, in, height, width) -> (height, width, in, out); transposed (in, out, height, width) -> (height, width, out, in).
KERNEL_AXES = (2, 3, 1, 0)
KINDS: dict[str, Kind] = {
    "Conv": "convolution",
    "ConvTranspose": "transposed",
    "InstanceNormalization": "instance",
    "BatchNormalization": "batch",
}


def layers_of_onnx(path: Path) -> list[ForeignLayer]:
    """The layers of a file whose weights are in it, in the order of its graph.

    Raises:
        InputError: as `read_onnx`.
    """
    graph = read_onnx(path).graph
    stored = {value.name: numpy_helper.to_array(value) for value in graph.initializer}
    made = (_layer(node, stored.get) for node in graph.node if node.op_type in KINDS)
    return [layer for layer in made if layer is not None]


def _layer(node: onnx.NodeProto, number: Callable[[str], np.ndarray | None]) -> ForeignLayer | None:
    found = [number(name) for name in node.input[1:] if name]
    weights = [value.astype(np.float32) for value in found if value is not None]
    if len(weights) != len(found) or not weights:
        return None
    kind, said = KINDS[node.op_type], _attributes(node)
    strides = None
    if kind in ("convolution", "transposed"):
        if weights[0].ndim != 4:
            return None
        weights[0] = weights[0].transpose(KERNEL_AXES)
        strides = tuple(said.get("strides", (1, 1)))
    return ForeignLayer(node.input[1].removesuffix(".weight"), kind, tuple(weights), strides)


def _attributes(node: onnx.NodeProto) -> Mapping[str, Any]:
    return {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
