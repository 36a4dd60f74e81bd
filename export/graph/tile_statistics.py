"""A graph that normalizes a tile by the statistics of the whole picture, as `keras_gen.networks.tiling` has it for
networks of Keras."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper

from export.nodes import Nodes
from serving.bundle.names import MEASURED_STATISTICS, STATISTICS, USE_OWN_STATISTICS

SIDES = np.array([2, 3], np.int64)
EPSILON = 1e-5


class Normalization(NamedTuple):
    """An instance normalization of a graph.

    Attributes:
        node: its place in the graph.
        images: the value that it normalizes, (n, channels, height, width).
        channels: how many.
        epsilon: what it adds to the variance.
    """

    node: int
    images: str
    channels: int
    epsilon: float


def normalizations(model: onnx.ModelProto) -> list[Normalization]:
    """The instance normalizations of a graph, in its order."""
    numbers = {tensor.name: tensor for tensor in model.graph.initializer}
    found = []
    for place, node in enumerate(model.graph.node):
        if node.op_type == "InstanceNormalization" and node.input[1] in numbers:
            attributes = {each.name: helper.get_attribute_value(each) for each in node.attribute}
            channels = numbers[node.input[1]].dims[0]
            found.append(Normalization(place, node.input[0], channels, attributes.get("epsilon", EPSILON)))
    return found


def with_given_statistics(model: onnx.ModelProto) -> onnx.ModelProto | None:
    """The same graph with statistics as an input and an output; None where it normalizes nothing so.

    Inputs beside its own: `statistics`, (n, size), mean and variance of all normalizations one behind the other;
    `use_own_statistics`, (n, 1): 1 normalizes by the tile's own, 0 by the given ones. Output beside its own:
    `measured_statistics`, (n, size), the tile's own.

    Args:
        model: not changed.
    """
    found = normalizations(model)
    if not found:
        return None
    nodes = Nodes("tile/")
    share = nodes.node("Reshape", USE_OWN_STATISTICS, nodes.constant(np.array([-1, 1, 1, 1], np.int64)))
    replaced: dict[int, list[onnx.NodeProto]] = {}
    first = nodes.taken()
    measured, start = [], 0
    for each in found:
        own, total = _normalized(nodes, model.graph.node[each.node], each, share, start)
        replaced[each.node] = nodes.taken()
        measured += own
        start = total
    last = nodes.node("Concat", *measured, output=MEASURED_STATISTICS, axis=1)
    assert last == MEASURED_STATISTICS
    graph = model.graph
    kept = [made for place, node in enumerate(graph.node) for made in replaced.get(place, [node])]
    given = [(STATISTICS, start), (USE_OWN_STATISTICS, 1)]
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name, size in given]
    output = helper.make_tensor_value_info(MEASURED_STATISTICS, TensorProto.FLOAT, ["n", start])
    made = helper.make_graph(
        [*first, *kept, *nodes.nodes],
        graph.name,
        [*graph.input, *inputs],
        [*graph.output, output],
        [*graph.initializer, *nodes.initializers],
    )
    return helper.make_model(made, opset_imports=model.opset_import, ir_version=model.ir_version)


def measured_by_hand(values: dict[str, np.ndarray], found: list[Normalization]) -> np.ndarray:
    """What `measured_statistics` must be, (n, size), of the values that the normalizations get."""
    parts = []
    for each in found:
        images = values[each.images].astype(np.float64)
        parts += [images.mean(axis=(2, 3)), images.var(axis=(2, 3))]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _normalized(
    nodes: Nodes, node: onnx.NodeProto, found: Normalization, share: str, start: int
) -> tuple[list[str], int]:
    """Writes a normalization by a mix of own and given statistics; its own, and where the next ones begin."""
    axes, shape = nodes.constant(SIDES), nodes.constant(np.array([-1, found.channels, 1, 1], np.int64))
    own_mean = nodes.node("ReduceMean", found.images, axes)
    apart = nodes.node("Sub", found.images, own_mean)
    own_variance = nodes.node("ReduceMean", nodes.node("Mul", apart, apart), axes)
    statistics, told = [], []
    for own in (own_mean, own_variance):
        limits = [nodes.constant(np.array([place], np.int64)) for place in (start, start + found.channels, 1)]
        given = nodes.node("Reshape", nodes.node("Slice", STATISTICS, *limits), shape)
        nearer = nodes.node("Mul", nodes.node("Sub", own, given), share)
        statistics.append(nodes.node("Add", given, nearer))
        told.append(nodes.node("Reshape", own, nodes.constant(np.array([-1, found.channels], np.int64))))
        start += found.channels
    mean, variance = statistics
    gain, shift = (nodes.node("Reshape", name, shape) for name in node.input[1:3])
    deviation = nodes.node("Sqrt", nodes.node("Add", variance, nodes.real(found.epsilon)))
    scaled = nodes.node("Mul", nodes.node("Div", nodes.node("Sub", found.images, mean), deviation), gain)
    nodes.node("Add", scaled, shift, output=node.output[0])
    return told, start
