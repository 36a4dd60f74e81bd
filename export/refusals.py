"""What a network must not hold to be exported, by name and with what to do instead."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import onnx
import tensorflow as tf

from export.border import Bordered
from serving.common.errors import InputError

RANDOM = (
    "Random",
    "StatelessRandom",
    "Multinomial",
    "StatelessMultinomial",
    "ParameterizedTruncatedNormal",
    "RngUniform",
)


def check_layers(name: str, network: keras.Model) -> None:
    """Refuses layers that cannot be written to a file.

    Args:
        name: the network's, for the message.
        network: of any depth.

    Raises:
        InputError: a `Lambda` layer.
    """
    for layer in _layers(network):
        if isinstance(layer, keras.layers.Lambda):
            raise InputError(
                f"the network {name!r} must hold no Lambda layer, whose code no file can hold. "
                f"Received: {layer.name!r}; write it as a class of its own, registered with "
                "`keras.saving.register_keras_serializable`."
            )


def check_repeatable(name: str, bordered: Bordered) -> None:
    """Refuses a network that gives something else each time.

    Args:
        name: the network's, for the message.
        bordered: the network.

    Raises:
        InputError: noise that is drawn inside.
    """
    graph = bordered.function.get_concrete_function().graph.as_graph_def()
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    for node in nodes:
        if node.op.startswith(RANDOM):
            raise InputError(
                f"the network {name!r} must draw no noise inside, which no runtime could repeat. "
                f"Received: {node.op} in {_place(node)!r}; make the noise an input of the network, or draw it in "
                "training alone."
            )


def check_operators(name: str, model: onnx.ModelProto) -> None:
    """Refuses a converted network in which operators of TensorFlow are left.

    Args:
        name: the network's, for the message.
        model: what tf2onnx has made of it.

    Raises:
        InputError: an operator that ONNX does not have.
    """
    missing = {node.op_type: node.name for node in model.graph.node if not onnx.defs.has(node.op_type, node.domain)}
    for operator, place in missing.items():
        raise InputError(
            f"the network {name!r} must be made of operators that ONNX has. Received: TensorFlow's {operator} in "
            f"{place!r}; write that layer with others, as sums, products and elementary functions."
        )


def _layers(layer: keras.layers.Layer) -> Iterator[keras.layers.Layer]:
    """All layers inside, at any depth."""
    for inner in getattr(layer, "_layers", ()):
        yield inner
        yield from _layers(inner)


def _place(node: tf.compat.v1.NodeDef) -> str:
    """The layer that a node is of, by the node's own name."""
    return "/".join(node.name.split("/")[:-1]) or node.name
