"""`noise.onnx` and `sampler.onnx`: from a seed to latents and pictures, by integer operators alone.

Random operators of ONNX cannot be repeated from one runtime to the next; these graphs can. They compute what
`serving.common.noise.standard_normal` computes, which says how.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from export.nodes import Nodes
from export.to_onnx import OPSET
from serving.common.noise import GOLDEN, MULTIPLIERS, SHIFTS, UNIFORM_BITS


def noise_graph(size: int, ir_version: int, free_start: bool = True) -> onnx.ModelProto:
    """The latents of a seed as a graph of its own.

    Inputs, all int64 scalars: `seed`; `n`, the number of latents; `start`, the index of the first one.
    Output: `latent`, float32, (n, size). Latent `i` of a seed is the same in whatever call it is drawn.

    Args:
        size: length of a latent, or of the noise that a prior takes.
        ir_version: ONNX IR version to write.
        free_start: False leaves the input `start` out and counts from 0.
    """
    graph = Nodes()
    width = graph.integer(size)
    one = graph.integer(1)
    first = graph.node("Add", graph.node("Mul", "start", width), one)
    offsets = graph.node("Range", graph.integer(0), graph.node("Mul", "n", width), one)
    index = graph.node("Add", offsets, first)
    base = graph.to(TensorProto.INT64, _mix(graph, "seed"))
    word = _mix(graph, graph.node("Add", graph.node("Mul", index, graph.integer(_signed(GOLDEN))), base))
    mask = graph.unsigned((1 << UNIFORM_BITS) - 1)
    radius_bits = _shift(graph, word, 64 - UNIFORM_BITS)
    angle_bits = graph.node("BitwiseAnd", _shift(graph, word, 64 - 2 * UNIFORM_BITS), mask)
    step = graph.real(2.0**-UNIFORM_BITS)
    uniform = graph.node("Mul", graph.node("Add", _real(graph, radius_bits), graph.real(1.0)), step)
    radius = graph.node("Sqrt", graph.node("Mul", graph.node("Log", uniform), graph.real(-2.0)))
    turn = graph.node("Mul", _real(graph, angle_bits), step)
    angle = graph.node("Mul", turn, graph.real(2.0 * np.pi))
    normal = graph.node("Mul", radius, graph.node("Cos", angle))
    shape = graph.constant(np.array([-1, size], np.int64))
    graph.node("Reshape", normal, shape, output="latent")
    names = ["seed", "n"]
    if free_start:
        names.append("start")
    else:
        graph.initializers.append(numpy_helper.from_array(np.array(0, np.int64), "start"))
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, []) for name in names]
    output = helper.make_tensor_value_info("latent", TensorProto.FLOAT, ["n", size])
    return helper.make_model(
        helper.make_graph(graph.nodes, "noise", inputs, [output], graph.initializers),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=ir_version,
    )


def prior_graph(noise: onnx.ModelProto, prior: onnx.ModelProto) -> onnx.ModelProto:
    """`noise` with the arithmetic of a prior behind it: the latents are what the prior makes of the noise.

    Args:
        noise: what `noise_graph` returned.
        prior: takes `noise`, (n, noise size), and `label` if it knows classes, and gives `latent`.
    """
    return _chain(noise, prior, "noise", name="noise")


def sampler_graph(noise: onnx.ModelProto, decoder: onnx.ModelProto) -> onnx.ModelProto:
    """`decoder` behind the noise: `seed`, `n` and any `label` in, the pictures 0 to n - 1 of that seed out.

    Args:
        noise: what `noise_graph` or `prior_graph` returned, without a free start.
        decoder: takes `latent`, (n, size), and `label` if it sees the class.
    """
    return _chain(noise, decoder, "latent", name="sampler")


def _chain(noise: onnx.ModelProto, then: onnx.ModelProto, source: str, name: str) -> onnx.ModelProto:
    """`then`, whose input `source` is the latent of `noise`; what is inside `noise` gets names of its own."""
    prefix = f"before_{name}/"
    noise = onnx.compose.add_prefix(noise, prefix, rename_inputs=False)
    both = {value.name for value in noise.graph.input} & {value.name for value in then.graph.input}
    assert not both, f"inputs of both graphs: {both}"
    return onnx.compose.merge_models(noise, then, io_map=[(f"{prefix}latent", source)], name=name)


def _mix(graph: Nodes, word: str) -> str:
    """SplitMix64's finalizer: an int64 tensor in, uint64 out. Only int64 multiplies in every runtime."""
    mixed = graph.to(TensorProto.UINT64, word)
    for shift, multiplier in zip(SHIFTS, MULTIPLIERS, strict=False):
        mixed = graph.node("BitwiseXor", mixed, _shift(graph, mixed, shift))
        product = graph.node("Mul", graph.to(TensorProto.INT64, mixed), graph.integer(_signed(multiplier)))
        mixed = graph.to(TensorProto.UINT64, product)
    return graph.node("BitwiseXor", mixed, _shift(graph, mixed, SHIFTS[-1]))


def _shift(graph: Nodes, word: str, bits: int) -> str:
    return graph.node("BitShift", word, graph.unsigned(bits), direction="RIGHT")


def _real(graph: Nodes, bits: str) -> str:
    return graph.to(TensorProto.FLOAT, graph.to(TensorProto.INT64, bits))


def _signed(value: int) -> int:
    """The int64 with the same 64 bits."""
    return value - 2**64 if value >= 2**63 else value
