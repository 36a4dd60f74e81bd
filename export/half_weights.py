"""Networks whose weights are stored in 16 bits and computed with in 32."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Smaller ones, such as biases, are not worth a node.
LEAST_BYTES = 4096


def with_half_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy that has every large float32 initializer in 16 bits, and a `Cast` behind it.

    ONNX Runtime casts once, when it opens the network. What it runs then is the network in float32 with rounded
    weights: as fast, on all hardware, and the same wherever the network in float32 is the same. Weights that 16 bits
    cannot hold stay in float32.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    casts = []
    for tensor in copy.graph.initializer:
        half = _half(tensor)
        if half is None:
            continue
        name, stored = tensor.name, f"{tensor.name}/half"
        tensor.CopyFrom(numpy_helper.from_array(half, stored))
        casts.append(helper.make_node("Cast", [stored], [name], name=f"{name}/cast", to=TensorProto.FLOAT))
    nodes = [*casts, *copy.graph.node]
    del copy.graph.node[:]
    copy.graph.node.extend(nodes)
    return copy


def _half(tensor: onnx.TensorProto) -> np.ndarray | None:
    """A tensor's numbers in 16 bits; None where they stay as they are."""
    if tensor.data_type != TensorProto.FLOAT:
        return None
    numbers = numpy_helper.to_array(tensor)
    if numbers.nbytes < LEAST_BYTES or np.abs(numbers).max() > np.finfo(np.float16).max:
        return None
    return numbers.astype(np.float16)
