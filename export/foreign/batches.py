"""Networks that were written for a fixed number of examples, freed of it where that can be shown to be right."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import numpy_helper

from export.foreign.onnx_files import name_axes
from serving.common.noise import standard_normal
from serving.runtime.sessions import ON_CPU, session_of

Arrays = dict[str, np.ndarray]
BATCHES = (1, 3)
FREE = "n"
# A free side is as long as this while batches are compared.
SIDE = 64
# Of the largest value: another batch is other blocks, in which sums are made in another order.
TOLERANCE = 1e-4
# Operators whose second input is a shape with the batch in front.
SHAPED = ("Reshape", "Expand")


def fixed_batch(model: onnx.ModelProto) -> int | None:
    """The number of examples that all inputs of a network must have, or None where it is free or they do not agree."""
    firsts = {_first(value) for value in model.graph.input}
    return firsts.pop() if len(firsts) == 1 else None


def with_free_batch(model: onnx.ModelProto) -> onnx.ModelProto | None:
    """The same network for any number of examples.

    It is run with 1 and with 3 of them; each must be what the network makes of that example by itself.

    Args:
        model: with constants as initializers, of a fixed batch; not changed.

    Returns:
        A copy, or None where examples cannot be told apart: one is made of others, or sizes are computed in ways that
        are not understood.
    """
    batch = fixed_batch(model)
    if batch is None or any(_first(value) != batch for value in model.graph.output):
        return None
    freed = _freed(model, batch)
    return freed if _does_the_same(model, freed, batch) else None


def _first(value: onnx.ValueInfoProto) -> int | None:
    axes = value.type.tensor_type.shape.dim
    return axes[0].dim_value if axes and axes[0].dim_value > 0 else None


def _freed(model: onnx.ModelProto, batch: int) -> onnx.ModelProto:
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    constants = {tensor.name: tensor for tensor in copy.graph.initializer}
    for index, node in enumerate(copy.graph.node):
        if node.op_type not in SHAPED or node.input[1] not in constants:
            continue
        shape = numpy_helper.to_array(constants[node.input[1]]).copy()
        if shape.size and shape[0] == batch and (node.op_type == "Reshape" or batch > 1):
            # 1 in Expand is any number already; 0 in Reshape is what there was, where -1 is taken.
            shape[0] = 0 if -1 in shape else -1
            name = f"{node.input[1]}_of_any_batch_{index}"
            copy.graph.initializer.append(numpy_helper.from_array(shape, name))
            node.input[1] = name
    for value in copy.graph.input:
        value.type.tensor_type.shape.dim[0].dim_param = FREE
    name_axes(copy)
    return copy


def _does_the_same(model: onnx.ModelProto, freed: onnx.ModelProto, batch: int) -> bool:
    before = session_of(model.SerializeToString(), ON_CPU)
    for n in BATCHES:
        feed = {value.name: _example(value, n, seed) for seed, value in enumerate(freed.graph.input)}
        alone = [before.run(None, _repeated(feed, row, batch)) for row in range(n)]
        made = _run(freed, feed)
        if made is None:
            return False
        for received, *rows in zip(made, *alone, strict=True):
            expected = np.concatenate([row[:1] for row in rows])
            if received.shape != expected.shape:
                return False
            scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
            if not np.allclose(received, expected, rtol=0, atol=TOLERANCE * scale):
                return False
    return True


def _run(model: onnx.ModelProto, feed: Arrays) -> list[np.ndarray] | None:
    """What a network makes, or None where it does not fit together."""
    try:
        return session_of(model.SerializeToString(), ON_CPU).run(None, feed)
    except Exception:  # ONNX Runtime's errors have no class of their own in common
        return None


def _repeated(feed: Mapping[str, np.ndarray], row: int, batch: int) -> Arrays:
    """One example as often as the network wants some."""
    return {name: np.repeat(value[row : row + 1], batch, axis=0) for name, value in feed.items()}


def _example(value: onnx.ValueInfoProto, n: int, seed: int) -> np.ndarray:
    """Numbers for an input, another for each example."""
    tensor = value.type.tensor_type
    sides = [axis.dim_value or SIDE for axis in tensor.shape.dim][1:]
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
    if dtype.kind in "iub":
        return np.arange(n * int(np.prod(sides)), dtype=np.int64).reshape(n, *sides).astype(dtype) % dtype.type(2)
    return standard_normal(seed, n, int(np.prod(sides))).reshape(n, *sides).astype(dtype)
