from __future__ import annotations

from collections import Counter

import keras
import numpy as np
import onnxruntime

from export.border import Bordered
from export.parity import check_network
from export.to_onnx import convert
from keras_gen.layers import NearestUpsampling
from serving.bundle.manifest import Tensor


def test_every_pixel_becomes_four():
    images = np.random.default_rng(0).standard_normal((2, 3, 5, 4)).astype(np.float32)
    np.testing.assert_array_equal(NearestUpsampling()(images), images.repeat(2, axis=1).repeat(2, axis=2))


def test_it_is_one_node_of_an_exported_graph_that_nothing_warns_of(capfd):
    code = keras.Input((3, 5, 4), name="code")
    model = keras.Model({"code": code}, {"large": NearestUpsampling()(code)})
    assert model.output["large"].shape == (None, 6, 10, 4)
    converted = convert(Bordered(model, "float"))
    operators = Counter(node.op_type for node in converted.graph.node)
    assert operators["Resize"] == 1
    assert set(operators) <= {"Resize", "Transpose"}
    onnxruntime.InferenceSession(converted.SerializeToString(), providers=["CPUExecutionProvider"])
    assert "deprecated" not in capfd.readouterr().err
    check_network("upsampling", converted, model, {"code": Tensor(("n", 3, 5, 4), "float32")})
