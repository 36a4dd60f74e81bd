"""A function of TensorFlow as one flat graph with its numbers inside: what tf2onnx converts and what checks read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

# How TensorFlow is told to compile a function, and not to open it.
CLOSED = ("_XlaMustCompile", "_noinline")


class Frozen(NamedTuple):
    """A graph without variables.

    Attributes:
        graph: the nodes.
        inputs: name -> the tensor that is fed.
        outputs: name -> the tensor that is fetched.
        ranks: number of axes of each output by name.
    """

    graph: Any
    inputs: dict[str, str]
    outputs: dict[str, str]
    ranks: dict[str, int]


def frozen(call: Callable[[dict[str, tf.Tensor]], dict[str, tf.Tensor]], inputs: dict[str, tf.TensorSpec]) -> Frozen:
    """The graph of a function of named tensors.

    Calls that Keras has TensorFlow compile, of grouped convolutions, become part of it: compiling is how they are run
    and not what they compute. Nothing is left that no output is made of, such as the draws of a layer that augments
    in training alone.
    """

    def named(*tensors: tf.Tensor) -> dict[str, tf.Tensor]:
        made = call(dict(zip(inputs, tensors, strict=True)))
        return {name: tf.identity(value) for name, value in made.items()}  # a tensor may be two outputs

    traced = tf.compat.v1.wrap_function(named, list(inputs.values()))
    given, made = traced.inputs[: len(inputs)], traced.structured_outputs
    needed = traced.prune(given, list(made.values()))
    constant = convert_variables_to_constants_v2(needed, lower_control_flow=False, aggressive_inlining=True)
    graph = constant.graph.as_graph_def(add_shapes=True)
    functions = [node for each in graph.library.function for node in each.node_def]
    for holder in (*graph.node, *functions, *graph.library.function):
        for attribute in CLOSED:
            holder.attr.pop(attribute, None)
    return Frozen(
        graph,
        {name: tensor.name for name, tensor in zip(inputs, given, strict=True)},
        {name: tensor.name for name, tensor in zip(made, constant.outputs, strict=True)},
        {name: value.shape.rank for name, value in made.items()},
    )
