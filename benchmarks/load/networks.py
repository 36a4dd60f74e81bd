"""Networks to serve, with random weights, and bundles of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from serving.bundle.manifest import Image, Manifest, Network, Tensor

SIDE, CHANNELS, LATENT = 32, 3, 128
INPUT, OUTPUT = "x", "y"
# Of one row.
SHAPES = {"two_conv": (SIDE, SIDE, CHANNELS), "dcgan": (LATENT,)}
NETWORK = "network"


def write_bundle(folder: Path, kind: str) -> Path:
    """A bundle of `two_conv` or `dcgan`, whose network is called `network`, its tensors `x` and `y`."""
    content = model(kind).SerializeToString()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "network.onnx").write_bytes(content)
    inputs = {INPUT: Tensor(("n", *SHAPES[kind]), "float32")}
    outputs = {OUTPUT: Tensor(("n", SIDE, SIDE, CHANNELS), "float32")}
    network = Network("network.onnx", hashlib.sha256(content).hexdigest(), len(content), inputs, outputs)
    manifest = Manifest(kind, {NETWORK: network}, Image(SIDE, SIDE, CHANNELS))
    (folder / "manifest.json").write_text(manifest.to_json())
    return folder


def model(kind: str) -> ModelProto:
    """The network as an ONNX model."""
    return _two_conv() if kind == "two_conv" else _dcgan()


def _two_conv() -> ModelProto:
    """Two convolutions of 3x3 with 32 channels between them."""
    weights = {"first": (32, CHANNELS, 3, 3), "second": (CHANNELS, 32, 3, 3)}
    nodes = [
        helper.make_node("Transpose", [INPUT], ["nchw"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["nchw", "first"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "second"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Transpose", ["c"], [OUTPUT], perm=[0, 2, 3, 1]),
    ]
    return _model("two_conv", nodes, weights)


def _dcgan() -> ModelProto:
    """DCGAN's generator (Radford et al. 2016) for 32x32: 256, 128 and 64 channels."""
    weights = {"dense": (LATENT, 4 * 4 * 256), "up_1": (256, 128, 4, 4), "up_2": (128, 64, 4, 4), "up_3": (64, 3, 4, 4)}
    nodes = [
        helper.make_node("MatMul", [INPUT, "dense"], ["flat"]),
        helper.make_node("Reshape", ["flat", "square"], ["h0"]),
    ]
    for index in (1, 2, 3):
        nodes += [
            helper.make_node("Relu", [f"h{index - 1}"], [f"r{index}"]),
            helper.make_node(
                "ConvTranspose", [f"r{index}", f"up_{index}"], [f"h{index}"], strides=[2, 2], pads=[1, 1, 1, 1]
            ),
        ]
    nodes += [
        helper.make_node("Tanh", ["h3"], ["t"]),
        helper.make_node("Transpose", ["t"], [OUTPUT], perm=[0, 2, 3, 1]),
    ]
    made = _model("dcgan", nodes, weights)
    made.graph.initializer.append(numpy_helper.from_array(np.array([-1, 256, 4, 4], np.int64), "square"))
    return made


def _model(kind: str, nodes: list, weights: dict[str, tuple[int, ...]]) -> ModelProto:
    random = np.random.default_rng(0)
    stored = [
        numpy_helper.from_array(random.normal(0, 0.05, shape).astype(np.float32), name)
        for name, shape in weights.items()
    ]
    shapes = {INPUT: ["n", *SHAPES[kind]], OUTPUT: ["n", SIDE, SIDE, CHANNELS]}
    inputs, outputs = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes[name])] for name in (INPUT, OUTPUT)
    )
    graph = helper.make_graph(nodes, kind, inputs, outputs, stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
