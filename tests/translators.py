"""Bundles whose translations are known: written by hand, so that no network needs training."""

from __future__ import annotations

import hashlib

import numpy as np
import onnx
from onnx import TensorProto, helper

from serving.bundle.manifest import Image, Manifest, Network, Tensor

FREE = ("n", "height", "width")


def graph_of(nodes, inputs, outputs, constants=()):
    """An ONNX model; inputs and outputs are name -> (type, axes)."""
    values = [
        [helper.make_tensor_value_info(name, kind, axes) for name, (kind, axes) in side.items()]
        for side in (inputs, outputs)
    ]
    stored = [onnx.numpy_helper.from_array(value, name) for name, value in constants]
    graph = helper.make_graph(nodes, "translation", *values, stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def pictures(sides, channels):
    return (TensorProto.UINT8, ["n", *sides, channels])


def inverting(sides, channels):
    """255 - image."""
    nodes = [helper.make_node("Sub", ["most", "image"], ["translation"])]
    most = [("most", np.array(255, np.uint8))]
    return graph_of(nodes, {"image": pictures(sides, channels)}, {"translation": pictures(sides, channels)}, most)


def centring(channels, own="use_own_statistics", measured="measured_statistics"):
    """The image with its own channels' means moved to 128, or those that it is told; tells its own."""
    nodes = [
        helper.make_node("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["pixels", "sides"], [measured], keepdims=0),
        helper.make_node("Mul", [measured, own], ["by_itself"]),
        helper.make_node("Sub", ["one", own], ["others"]),
        helper.make_node("Mul", ["statistics", "others"], ["by_others"]),
        helper.make_node("Add", ["by_itself", "by_others"], ["used"]),
        helper.make_node("Unsqueeze", ["used", "sides"], ["mean"]),
        helper.make_node("Sub", ["pixels", "mean"], ["centred"]),
        helper.make_node("Add", ["centred", "middle"], ["moved"]),
        helper.make_node("Clip", ["moved", "zero", "most"], ["clipped"]),
        helper.make_node("Round", ["clipped"], ["rounded"]),
        helper.make_node("Cast", ["rounded"], ["translation"], to=TensorProto.UINT8),
    ]
    numbers = {"one": 1, "middle": 128, "zero": 0, "most": 255}
    constants = [(name, np.array(number, np.float32)) for name, number in numbers.items()]
    inputs = {
        "image": pictures(FREE[1:], channels),
        "statistics": (TensorProto.FLOAT, ["n", channels]),
        own: (TensorProto.FLOAT, ["n", 1]),
    }
    outputs = {"translation": pictures(FREE[1:], channels), measured: (TensorProto.FLOAT, ["n", channels])}
    return graph_of(nodes, inputs, outputs, [*constants, ("sides", np.array([1, 2], np.int64))])


def described(values):
    types = {TensorProto.UINT8: "uint8", TensorProto.FLOAT: "float32"}
    return {
        value.name: Tensor(
            tuple(axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim),
            types[value.type.tensor_type.elem_type],
        )
        for value in values
    }


def write_bundle(folder, graphs, image):
    folder.mkdir()
    networks = {}
    for name, model in graphs.items():
        content = model.SerializeToString()
        (folder / f"{name}.onnx").write_bytes(content)
        networks[name] = Network(
            f"{name}.onnx",
            hashlib.sha256(content).hexdigest(),
            len(content),
            described(model.graph.input),
            described(model.graph.output),
        )
    (folder / "manifest.json").write_text(Manifest("pix2pix", networks, image).to_json())
    return folder


def write_bundles(place):
    """Name -> bundle: `inverting`, of any size, multiples of 4; `fixed`, of 16x12 pixels; `grey`; `centring`, which has
    a network for tiles; `opacity`, the same of four channels; `older`, the same as format 2 called its tensors; `both`,
    in both directions; `bands`, of five channels."""
    free = inverting(FREE[1:], 3)
    any_size = Image(16, 16, 3, any_size=True, multiple=4)
    return {
        "inverting": write_bundle(place / "inverting", {"a_to_b": free}, any_size),
        "fixed": write_bundle(place / "fixed", {"a_to_b": inverting((12, 16), 3)}, Image(12, 16, 3)),
        "grey": write_bundle(
            place / "grey", {"a_to_b": inverting(FREE[1:], 1)}, Image(16, 16, 1, any_size=True, multiple=4)
        ),
        "centring": write_bundle(place / "centring", {"a_to_b": free, "a_to_b_tile": centring(3)}, any_size),
        "opacity": write_bundle(
            place / "opacity",
            {"a_to_b": inverting(FREE[1:], 4), "a_to_b_tile": centring(4)},
            Image(16, 16, 4, any_size=True, multiple=4),
        ),
        "bands": write_bundle(
            place / "bands", {"a_to_b": inverting(FREE[1:], 5)}, Image(16, 16, 5, any_size=True, multiple=4)
        ),
        "older": write_bundle(
            place / "older", {"a_to_b": free, "a_to_b_tile": centring(3, own="own", measured="measured")}, any_size
        ),
        "both": write_bundle(place / "both", {"a_to_b": free, "b_to_a": free}, any_size),
    }


def noise(height, width, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)
