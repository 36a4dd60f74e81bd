from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from export.output_ranks import squeeze_outputs


def model(shape):
    """A picture reshaped, which is an output, and twice it, which is another one that is made of it."""
    nodes = [
        helper.make_node("Reshape", ["image", "shape"], ["picture"]),
        helper.make_node("Squeeze", ["picture", "first"], ["plain"])
        if len(shape) == 5
        else helper.make_node("Identity", ["picture"], ["plain"]),
        helper.make_node("Add", ["plain", "plain"], ["twice"]),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 1, "height", "width"])
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, list("abcd")) for name in ("picture", "twice")]
    constants = {"shape": shape, "first": [0]} if len(shape) == 5 else {"shape": shape}
    stored = [numpy_helper.from_array(np.array(value, np.int64), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "graph", [image], outputs, stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


@pytest.mark.parametrize("shape", [(1, -1, 0, 0, 1), (0, 0, -1, 1)])
def test_outputs_have_the_axes_that_they_are_to_have(shape):
    images = np.random.default_rng(0).normal(size=(3, 1, 4, 4)).astype(np.float32)
    made = model(shape)
    squeeze_outputs(made, {"picture": 4, "twice": 4})
    onnx.checker.check_model(made, full_check=True)
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    picture, twice = session.run(["picture", "twice"], {"image": images})
    expected = images.reshape((3, 4, 4, 1) if len(shape) == 5 else (3, 1, 16, 1))
    np.testing.assert_array_equal(picture, expected)
    np.testing.assert_array_equal(twice, 2 * expected)
