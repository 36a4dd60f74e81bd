"""What a network must not hold to be exported, by name and with what to do instead."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import onnx
import tensorflow as tf

from serving.bundle.operators import ALLOWED
from serving.common.errors import InputError

RANDOM = (
    "Random",
    "StatelessRandom",
    "Multinomial",
    "StatelessMultinomial",
    "ParameterizedTruncatedNormal",
    "RngUniform",
)

FIXED = "resize pictures of fixed sides so, or with `interpolation='bilinear'` and without antialiasing"
BRANCHES = "no bundle holds loops, branches and recurrent layers"
ADVICE = {
    "ScaleAndTranslate": FIXED,
    "ResizeArea": FIXED,
    "ResizeBicubic": FIXED,
    **dict.fromkeys(("If", "Loop", "Scan", "LSTM", "GRU", "RNN"), BRANCHES),
    **dict.fromkeys(
        ("LookupTableFindV2", "StringToHashBucketFast", "SparseCross", "Bucketize"), "do it before the network"
    ),
}
ELSEWISE = "write that layer with others, as sums, products and elementary functions"


class NoiseError(InputError):
    """A network that draws noise in inference."""


class OperatorError(InputError):
    """A network with an operator that no bundle may have."""


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


def check_repeatable(name: str, graph: tf.compat.v1.GraphDef) -> None:
    """Refuses a network that gives something else each time.

    Args:
        name: the network's, for the message.
        graph: the network, without what no output is made of.

    Raises:
        NoiseError: noise that is drawn inside.
    """
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    for node in nodes:
        if node.op.startswith(RANDOM):
            raise NoiseError(
                f"the network {name!r} must draw no noise inside, which no runtime could repeat. "
                f"Received: {node.op} in {_place(node)!r}; make the noise an input of the network, or draw it in "
                "training alone."
            )


def check_operators(name: str, model: onnx.ModelProto) -> None:
    """Refuses a converted network with operators that no bundle may have: those of TensorFlow that are left, and
    those of ONNX that choose between graphs, such as `If`.

    Args:
        name: the network's, for the message.
        model: what tf2onnx has made of it, or what rules have made of that.

    Raises:
        OperatorError: such an operator.
    """
    for node in model.graph.node:
        if node.op_type in ALLOWED:
            continue
        of_onnx = onnx.defs.has(node.op_type, node.domain)
        known, whose = ("a bundle may have", "ONNX") if of_onnx else ("ONNX has", "TensorFlow")
        raise OperatorError(
            f"the network {name!r} must be made of operators that {known}. Received: {whose}'s {node.op_type} in "
            f"{node.name!r}; {ADVICE.get(node.op_type, ELSEWISE)}."
        )


def _layers(layer: keras.layers.Layer) -> Iterator[keras.layers.Layer]:
    """All layers inside, at any depth."""
    for inner in getattr(layer, "_layers", ()):
        yield inner
        yield from _layers(inner)


def _place(node: tf.compat.v1.NodeDef) -> str:
    """The layer that a node is of, by the node's own name."""
    return "/".join(node.name.split("/")[:-1]) or node.name
