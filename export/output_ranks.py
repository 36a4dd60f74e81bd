"""Outputs of an ONNX graph with the axes that they are to have.

Where tf2onnx makes the shape of a Reshape constant, it may put axes of length 1 in front of the others and a Squeeze
behind it, but if the Reshape gives an output of the graph the Squeeze is left out. It happens to pictures of one
channel and free sides, in some conversions and not in others.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import helper, numpy_helper


def squeeze_outputs(model: onnx.ModelProto, ranks: Mapping[str, int]) -> None:
    """Takes the axes in front off the outputs that have more of them than they are to have.

    Args:
        model: changed in place.
        ranks: number of axes of each output by name.
    """
    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    for name, rank in ranks.items():
        producer = next((node for node in graph.node if name in node.output), None)
        if producer is None or producer.op_type != "Reshape" or producer.input[1] not in constants:
            continue
        surplus = numpy_helper.to_array(constants[producer.input[1]]).size - rank
        if surplus <= 0:
            continue
        deep = f"{name}_with_axes_in_front"
        for node in graph.node:
            for values in (node.input, node.output):
                values[:] = [deep if value == name else value for value in values]
        axes = numpy_helper.from_array(np.arange(surplus, dtype=np.int64), f"{name}_axes_in_front")
        graph.initializer.append(axes)
        graph.node.append(helper.make_node("Squeeze", [deep, axes.name], [name], name=f"{name}_squeezed"))
