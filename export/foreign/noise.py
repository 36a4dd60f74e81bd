"""Noise that a network draws in inference too, as StyleGAN's does: an input and a part of the latent for each draw.

No runtime could repeat the draws of another. As inputs they are drawn from the seed, as the latent is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from export.foreign.original import Arrays, Slot
from export.frozen import Frozen
from serving.common.errors import InputError

# Draws of the standard normal distribution; what it is scaled by and moved to stands behind them.
NORMAL = ("RandomStandardNormal", "StatelessRandomNormal", "StatelessRandomNormalV2")
NAME = "drawn_noise"


def noise_as_inputs(flat: Frozen, what: str) -> tuple[Frozen, tuple[Slot, ...]]:
    """The graph with an input for every draw of normal noise, and these inputs.

    Args:
        flat: not changed.
        what: the network, for messages.

    Raises:
        InputError: a draw whose size is not known but for the batch.
    """
    graph = tf.compat.v1.GraphDef()
    graph.CopyFrom(flat.graph)
    inputs = dict(flat.inputs)
    slots: list[Slot] = []
    for node in graph.node:
        if node.op not in NORMAL:
            continue
        sizes = [axis.size for axis in node.attr["_output_shapes"].list.shape[0].dim]
        if not sizes or min(sizes[1:], default=1) < 1 or sizes[0] > 1:
            raise InputError(
                f"the noise inside of {what} must be of a known size for every picture. Received: {node.op} in "
                f"{node.name!r} of {tuple(sizes)}; make the noise an input of the network."
            )
        slot = Slot(f"{NAME}_{len(slots)}", (None, *sizes[1:]), "float32")
        slots.append(slot)
        inputs[slot.name] = f"{node.name}:0"
        node.op = "Placeholder"
        del node.input[:]
        for key in list(node.attr):
            if key not in ("dtype", "_output_shapes"):
                del node.attr[key]
        node.attr["dtype"].type = tf.float32.as_datatype_enum
        node.attr["shape"].shape.CopyFrom(tf.TensorShape(slot.shape).as_proto())
        del node.attr["_output_shapes"]
    ends = [name.partition(":")[0] for name in (*flat.outputs.values(), *inputs.values())]
    needed = tf.compat.v1.graph_util.extract_sub_graph(graph, ends)  # what the draws were made of is not
    return flat._replace(graph=needed, inputs=inputs), tuple(slots)


def runner(flat: Frozen) -> Callable[[Mapping[str, np.ndarray]], Arrays]:
    """Runs a graph in TensorFlow."""
    graph: Any = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(flat.graph, name="")

    def run(feed: Mapping[str, np.ndarray]) -> Arrays:
        with tf.compat.v1.Session(graph=graph) as session:
            values = session.run(dict(flat.outputs), {flat.inputs[name]: value for name, value in feed.items()})
        return {name: np.asarray(value) for name, value in values.items()}

    return run
