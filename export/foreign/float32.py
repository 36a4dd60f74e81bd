"""Networks of float16, bfloat16 and float64 as networks of float32.

ONNX Runtime's CPU kernels, OpenVINO's and a browser's have few of float16 and convert around them; those of a GPU make
float16 of float32 where they are told to. `keras-gen quantize` writes float16 again where that is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

OTHERS = (TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE)
# Attributes that name a type.
TYPES = {"Cast": "to", "EyeLike": "dtype"}


def in_float32(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network with float32 for every other floating type, inputs and outputs included.

    Args:
        model: with all numbers inside and no graphs within graphs; changed.
    """
    for value in (*model.graph.input, *model.graph.output):
        if value.type.tensor_type.elem_type in OTHERS:
            value.type.tensor_type.elem_type = TensorProto.FLOAT
    for tensor in _tensors(model):
        if tensor.data_type in OTHERS:
            with np.errstate(over="ignore"):  # the lowest float64, as a mask, is the lowest there is
                tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name))
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == TYPES.get(node.op_type) and attribute.i in OTHERS:
                attribute.i = TensorProto.FLOAT
    del model.graph.value_info[:]
    return model


def has_other_numbers(model: onnx.ModelProto) -> bool:
    """Whether `in_float32` would change something."""
    values = {value.type.tensor_type.elem_type for value in (*model.graph.input, *model.graph.output)}
    return not values.isdisjoint(OTHERS) or any(tensor.data_type in OTHERS for tensor in _tensors(model))


def _tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    yield from model.graph.initializer
    for node in model.graph.node:
        yield from (attribute.t for attribute in node.attribute if attribute.HasField("t"))
