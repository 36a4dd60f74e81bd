"""From a TensorFlow function to an ONNX model with the names that the manifest states."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict

import onnx
import tensorflow as tf

from export.border import Bordered, is_unrounded
from export.einsums import choose_orders
from export.frozen import Frozen, frozen
from export.graph import Target, simplified, tidied
from export.operators import HANDLERS
from export.output_ranks import squeeze_outputs
from export.refusals import check_operators, check_repeatable
from serving.bundle.manifest import Tensor

OPSET = 18
METADATA_KEY = "keras_gen"


def convert(bordered: Bordered, name: str = "network", even: bool = False, target: Target = "any") -> onnx.ModelProto:
    """The network as ONNX, opset 18, inputs and outputs by name, the unrounded picture among them.

    Args:
        bordered: the network.
        name: what messages call it.
        even: whether pictures of free sides are known to have even ones.
        target: as in `simplified`.

    Raises:
        InputError: noise drawn inside, or an operator that ONNX does not have.
    """
    finished = simplified(converted(bordered.with_unrounded, bordered.inputs, name), even, target)
    check_operators(name, finished)
    return finished


def converted(
    call: Callable[[dict[str, tf.Tensor]], dict[str, tf.Tensor]], inputs: dict[str, tf.TensorSpec], name: str
) -> onnx.ModelProto:
    """A function of named tensors as ONNX, opset 18, as tf2onnx writes it.

    Args:
        call: the function.
        inputs: by name.
        name: what messages call it.

    Raises:
        InputError: as `convert`.
    """
    return of_frozen(frozen(call, inputs), name)


def of_frozen(flat: Frozen, name: str) -> onnx.ModelProto:
    """The same of a graph that is frozen already."""
    check_repeatable(name, flat.graph)
    model = _converted(flat)
    check_operators(name, model)
    squeeze_outputs(model, flat.ranks)
    return model


def _converted(flat: Frozen) -> onnx.ModelProto:
    """What tf2onnx makes of a graph; operators that it does not know stay as they are."""
    from tf2onnx import optimizer, tf_loader
    from tf2onnx.optimizer.transpose_optimizer import TransposeOptimizer
    from tf2onnx.tfonnx import process_tf_graph

    class Transposes(TransposeOptimizer):
        def post_optimize_action(self) -> None:
            """Not a Reshape in place of a transpose where a side is 1: it is made of shapes that may be out of date."""

    # What it says of operators that it does not know, `check_operators` says better.
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    inputs, outputs = [*flat.inputs.values()], [*flat.outputs.values()]
    with tf.device("/cpu:0"), tf.Graph().as_default() as graph:
        tf.import_graph_def(tf_loader.tf_optimize(inputs, outputs, flat.graph), name="")
        made = process_tf_graph(
            graph,
            continue_on_error=True,
            opset=OPSET,
            custom_op_handlers=HANDLERS,
            input_names=inputs,
            output_names=outputs,
            tensors_to_rename={tensor: name for name, tensor in (*flat.inputs.items(), *flat.outputs.items())},
        )
        choose_orders(made)
        optimizers = {**optimizer._get_optimizers(), "optimize_transpose": Transposes}
        return optimizer.optimize_graph(made, optimizers=optimizers).make_model("keras-gen")


def without_unrounded(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy that no longer gives what its pictures were rounded from."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    kept = [output for output in model.graph.output if not is_unrounded(output.name)]
    del copy.graph.output[:]
    copy.graph.output.extend(kept)
    return tidied(copy)


def label(model: onnx.ModelProto, inputs: dict[str, Tensor], outputs: dict[str, Tensor]) -> None:
    """Writes axes and the network's part of the manifest into the model, and has ONNX check the whole."""
    for values, tensors in ((model.graph.input, inputs), (model.graph.output, outputs)):
        for value in values:
            shape = onnx.TensorShapeProto()
            for axis in tensors[value.name].axes:
                dimension = shape.dim.add()
                if isinstance(axis, str):
                    dimension.dim_param = axis
                else:
                    dimension.dim_value = axis
            value.type.tensor_type.shape.CopyFrom(shape)
    part = {
        "inputs": {name: asdict(tensor) for name, tensor in inputs.items()},
        "outputs": {name: asdict(tensor) for name, tensor in outputs.items()},
    }
    onnx.helper.set_model_props(model, {METADATA_KEY: json.dumps(part)})
    model.producer_name, model.producer_version = "keras-gen", _version()
    onnx.checker.check_model(model, full_check=True)


def save_saved_model(bordered: Bordered, folder: str) -> None:
    """The same network, border included, for TensorFlow users."""
    tf.saved_model.save(bordered, folder, signatures=bordered.function)


def _version() -> str:
    from keras_gen import __version__

    return __version__
