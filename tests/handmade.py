"""Bundles of one multiplication, written by hand: `y = x @ w`, w in the network's file or in one beside it."""

from __future__ import annotations

import hashlib

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from serving.bundle.manifest import Image, Manifest, Network, Tensor, Weights

NUMBERS = np.arange(12, dtype=np.float32).reshape(4, 3)
SKIPPED = 8
CONTENT = b"\0" * SKIPPED + NUMBERS.tobytes()


def inside():
    """The initializer `w` with its numbers."""
    return numpy_helper.from_array(NUMBERS, "w")


def beside(location="weights.data", offset=SKIPPED, length=NUMBERS.nbytes, dims=(4, 3)):
    """The initializer `w` with its numbers at a place of another file."""
    stored = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=dims, data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, "offset": offset, "length": length}.items():
        if value is not None:
            stored.external_data.add(key=key, value=str(value))
    return stored


def product(stored, name="y", opset=18, ir_version=9, nodes=None):
    """The multiplication as an ONNX model; `nodes` stand in for it where given."""
    nodes = nodes or [helper.make_node("MatMul", ["x", "w"], [name])]
    values = [
        helper.make_tensor_value_info(value, TensorProto.FLOAT, ["n", size]) for value, size in (("x", 4), (name, 3))
    ]
    graph = helper.make_graph(nodes, "product", values[:1], values[1:], [stored])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version)


def digest(content):
    return hashlib.sha256(content).hexdigest()


def write(folder, networks, content=CONTENT):
    """A bundle of networks, name -> model or its bytes, which share the file `weights.data` of a content."""
    folder.mkdir(exist_ok=True)
    weights = Weights("weights.data", digest(content), len(content)) if content is not None else None
    entries = {}
    for name, model in networks.items():
        written = model if isinstance(model, bytes) else model.SerializeToString()
        (folder / f"{name}.onnx").write_bytes(written)
        tensors = {"x": Tensor(("n", 4), "float32")}, {"y": Tensor(("n", 3), "float32")}
        entries[name] = Network(f"{name}.onnx", digest(written), len(written), *tensors, weights)
    if content is not None:
        (folder / "weights.data").write_bytes(content)
    (folder / "manifest.json").write_text(Manifest("product", entries, Image(1, 1, 1)).to_json())
    return folder
