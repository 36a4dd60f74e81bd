"""Small ONNX files of the shape that PyTorch's exporters write."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from serving.runtime.sessions import ON_CPU, session_of

FLOAT = TensorProto.FLOAT


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def model(nodes, inputs, outputs, opset=18, ir_version=8, element=FLOAT, listed=False, functions=(), **constants):
    """A model of nodes; `inputs` and `outputs` are name -> axes, `constants` its initializers.

    Args:
        listed: whether initializers stand among the inputs too, as in files of IR version 3.
    """
    stored = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    given = [helper.make_tensor_value_info(name, element, axes) for name, axes in inputs.items()]
    if listed:
        given += [helper.make_tensor_value_info(each.name, each.data_type, each.dims) for each in stored]
    made = [helper.make_tensor_value_info(name, element, axes) for name, axes in outputs.items()]
    imports = [helper.make_opsetid(domain, 1) for domain in {each.domain for each in functions}]
    return helper.make_model(
        helper.make_graph(nodes, "main_graph", given, made, stored),
        opset_imports=[helper.make_opsetid("", opset), *imports],
        ir_version=ir_version,
        producer_name="pytorch",
        producer_version="2.13.0",
        functions=list(functions),
    )


def run(graph, **feed):
    """The first output, in ONNX Runtime."""
    return session_of(graph.SerializeToString(), ON_CPU).run(None, feed)[0]


def padded(given, made, opset, around=1):
    """Reflection as an exporter of that opset writes it: in an attribute, or computed from constants by a chain of
    nodes that turns PyTorch's order of axes around."""
    if opset < 11:
        widths = [0, 0, around, around, 0, 0, around, around]
        return [helper.make_node("Pad", [given], [made], mode="reflect", pads=widths)]
    own = [f"{made}_{index}" for index in range(10)]

    def constant(name, value):
        return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.array(value, np.int64)))

    zeros = numpy_helper.from_array(np.zeros(1, np.int64))
    return [
        constant(own[0], [around] * 4),
        constant(own[1], [4]),
        helper.make_node("ConstantOfShape", [own[1]], [own[2]], value=zeros),
        helper.make_node("Concat", [own[0], own[2]], [own[3]], axis=0),
        constant(own[4], [-1, 2]),
        helper.make_node("Reshape", [own[3], own[4]], [own[5]]),
        *(constant(f"{made}_{name}", [value]) for name, value in {"a": -1, "b": -(2**63 - 1), "c": 0, "d": -1}.items()),
        helper.make_node("Slice", [own[5], *(f"{made}_{name}" for name in "abcd")], [own[6]]),
        helper.make_node("Transpose", [own[6]], [own[7]], perm=[1, 0]),
        constant(own[8], [-1]),
        helper.make_node("Reshape", [own[7], own[8]], [f"{made}_flat"]),
        helper.make_node("Cast", [f"{made}_flat"], [own[9]], to=TensorProto.INT64),
        helper.make_node("Pad", [given, own[9]], [made], mode="reflect"),
    ]


def translator(opset=18, batch=None, sides=(None, None), channels=8, element=FLOAT):
    """A CycleGAN in small: reflection, convolution, instance normalization, down and up, tanh; pictures in [-1, 1]."""
    axes = [batch or "batch", 3, sides[0] or "height", sides[1] or "width"]
    dtype = helper.tensor_dtype_to_np_dtype(element)
    wide = 2 * channels
    constants = {
        "first": numbers(channels, 3, 3, 3) / 3,
        "first_bias": numbers(channels, seed=1),
        "gain": 1 + numbers(channels, seed=2) / 4,
        "shift": numbers(channels, seed=3) / 4,
        "down": numbers(wide, channels, 3, 3, seed=4) / 6,
        "ones": np.ones(wide, np.float32),
        "zeros": np.zeros(wide, np.float32),
        "up": numbers(wide, channels, 4, 4, seed=5) / 6,
        "last": numbers(3, channels, 3, 3, seed=6) / 4,
        "last_bias": numbers(3, seed=7) / 4,
    }
    nodes = [
        *padded("input", "around", opset),
        helper.make_node("Conv", ["around", "first", "first_bias"], ["convolved"], kernel_shape=[3, 3]),
        helper.make_node("InstanceNormalization", ["convolved", "gain", "shift"], ["normalized"]),
        helper.make_node("Relu", ["normalized"], ["positive"]),
        helper.make_node("Conv", ["positive", "down"], ["half"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("InstanceNormalization", ["half", "ones", "zeros"], ["inside"]),
        helper.make_node("Relu", ["inside"], ["small"]),
        helper.make_node("ConvTranspose", ["small", "up"], ["whole"], strides=[2, 2], pads=[1, 1, 1, 1]),
        *padded("whole", "framed", opset),
        helper.make_node("Conv", ["framed", "last", "last_bias"], ["unbounded"], kernel_shape=[3, 3]),
        helper.make_node("Tanh", ["unbounded"], ["output"]),
    ]
    typed = {name: value.astype(dtype) for name, value in constants.items()}
    return model(nodes, {"input": axes}, {"output": axes}, opset, element=element, **typed)


def generator(opset=18, batch=None, latent=12):
    """A DCGAN in small, as the older exporter writes it: transposed convolutions, batch normalization, tanh."""
    constants = {
        "first": numbers(latent, 8, 4, 4) / 4,
        "second": numbers(8, 3, 4, 4, seed=1) / 6,
        "gain": 1 + numbers(8, seed=2) / 4,
        "shift": numbers(8, seed=3) / 4,
        "mean": numbers(8, seed=4) / 4,
        "variance": 0.5 + np.square(numbers(8, seed=5)),
    }
    statistics = ["gain", "shift", "mean", "variance"]
    nodes = [
        helper.make_node("ConvTranspose", ["z", "first"], ["made"], kernel_shape=[4, 4]),
        helper.make_node("BatchNormalization", ["made", *statistics], ["normalized"], epsilon=1e-5, momentum=0.9),
        helper.make_node("Relu", ["normalized"], ["positive"]),
        helper.make_node("ConvTranspose", ["positive", "second"], ["twice"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Tanh", ["twice"], ["image"]),
    ]
    n = batch or "batch"
    return model(nodes, {"z": [n, latent, 1, 1]}, {"image": [n, 3, 8, 8]}, opset, **constants)


def modulated(latent=8):
    """A layer of StyleGAN2 in small, as it is exported for one latent: the latent scales the kernel of a convolution,
    which a second latent would have a kernel of its own for."""
    constants = {
        "affine": numbers(latent, 8) / 2,
        "by_channel": np.array([1, 1, 8, 1, 1]),
        "kernel": numbers(1, 4, 8, 3, 3, seed=1) / 4,
        "without_batch": np.array([4, 8, 3, 3]),
        "learned": numbers(1, 8, 8, 8, seed=2),
        "to_rgb": numbers(3, 4, 1, 1, seed=3),
    }
    nodes = [
        helper.make_node("Gemm", ["z", "affine"], ["flat_styles"]),
        helper.make_node("Reshape", ["flat_styles", "by_channel"], ["styles"]),
        helper.make_node("Mul", ["kernel", "styles"], ["scaled"]),
        helper.make_node("Reshape", ["scaled", "without_batch"], ["modulated"]),
        helper.make_node("Conv", ["learned", "modulated"], ["features"], pads=[1, 1, 1, 1]),
        helper.make_node("Conv", ["features", "to_rgb"], ["unbounded"]),
        helper.make_node("Tanh", ["unbounded"], ["image"]),
    ]
    return model(nodes, {"z": [1, latent]}, {"image": [1, 3, 8, 8]}, **constants)


def for_one(graph):
    """The same network, which loses the batch and gets it back, for one example at a time."""
    for value in [*graph.graph.input, *graph.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_value = 1
    name = graph.graph.input[0].name
    for node in graph.graph.node:
        node.input[:] = ["again" if each == name else each for each in node.input]
    graph.graph.initializer.append(numpy_helper.from_array(np.array([0]), "first_axis"))
    graph.graph.node.insert(0, helper.make_node("Squeeze", [name, "first_axis"], ["alone"]))
    graph.graph.node.insert(1, helper.make_node("Unsqueeze", ["alone", "first_axis"], ["again"]))
    return graph


def operators(graph: onnx.ModelProto):
    return {node.op_type for node in graph.graph.node}
