"""A model that is told the class and takes a truncation, written by hand, so that no network needs training.

Pictures are 4x5 in colour, latents have 6 numbers, classes are three. `noise` is the real one.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from export.sampler_graph import noise_graph, prior_graph
from tests.translators import graph_of

SHAPE = (4, 5, 3)
PIXELS = int(np.prod(SHAPE))
SIZE = 6
CLASSES = ("zero", "one", "two")
IR_VERSION = 9
SKIPPED = 8

LATENT = (TensorProto.FLOAT, ["n", SIZE])
LABEL = (TensorProto.INT64, ["n"])
NAMES = {TensorProto.UINT8: "uint8", TensorProto.FLOAT: "float32", TensorProto.INT64: "int64"}


def write(folder, io="uint8", beside=False, version=1):
    """The bundle.

    Args:
        folder: where to write it.
        io: `uint8`, or `float32` for pictures in [-1, 1].
        beside: keep the weights of decoder and encoder in one file beside them, which is a thing of format 2.
        version: of the format.
    """
    folder.mkdir()
    picture = (TensorProto.UINT8 if io == "uint8" else TensorProto.FLOAT, ["n", *SHAPE])
    models = {
        "noise": noise(),
        "decoder": decoder(picture),
        "encoder": encoder(picture),
        "classifier": classifier(picture),
    }
    shared = move_outside([models["decoder"], models["encoder"]]) if beside else None
    networks = {}
    for name, model in models.items():
        content = model.SerializeToString()
        networks[name] = {
            **stored(folder, f"{name}.onnx", content),
            "inputs": described(model.graph.input),
            "outputs": described(model.graph.output),
        }
    if shared is not None:
        for name in ("decoder", "encoder"):
            networks[name]["weights"] = stored(folder, "model.weights", shared)
    manifest = {
        "format_version": version,
        "model": "conditional_vae",
        "networks": networks,
        "image": dict(zip(("height", "width", "channels"), SHAPE, strict=True)),
        "latent": {"size": SIZE, "prior": "standard_normal"},
        "classes": CLASSES,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def noise():
    """Latents that a truncation clips, and that the class shifts."""
    nodes = [
        helper.make_node("Neg", ["truncation"], ["least"]),
        helper.make_node("Clip", ["noise", "least", "truncation"], ["clipped"]),
        *as_column("label", "fifth"),
        helper.make_node("Add", ["clipped", "label_column"], ["latent"]),
    ]
    inputs = {"noise": LATENT, "label": LABEL, "truncation": (TensorProto.FLOAT, [])}
    prior = graph_of(nodes, inputs, {"latent": LATENT}, [*column_constants(), constant("fifth", np.float32(0.2))])
    return prior_graph(noise_graph(SIZE, IR_VERSION), prior)


def decoder(picture):
    """tanh(latent @ w + label / 10), in grey levels where pictures are."""
    nodes = [
        helper.make_node("MatMul", ["latent", "w"], ["by_latent"]),
        *as_column("label", "tenth"),
        helper.make_node("Add", ["by_latent", "label_column"], ["sum"]),
        helper.make_node("Tanh", ["sum"], ["bounded"]),
        helper.make_node("Reshape", ["bounded", "shape"], ["shaped"]),
        *(
            to_levels("shaped")
            if picture[0] == TensorProto.UINT8
            else [helper.make_node("Identity", ["shaped"], ["image"])]
        ),
    ]
    constants = [
        constant("w", weights(SIZE, PIXELS, seed=1)),
        constant("tenth", np.float32(0.1)),
        constant("shape", np.array([-1, *SHAPE])),
        constant("one", np.float32(1)),
        constant("half", np.float32(127.5)),
        *column_constants(),
    ]
    return graph_of(nodes, {"latent": LATENT, "label": LABEL}, {"image": picture}, constants)


def encoder(picture):
    """image @ w - label / 10."""
    nodes = [
        *product(),
        *as_column("label", "tenth"),
        helper.make_node("Sub", ["product", "label_column"], ["mean"]),
    ]
    constants = [*product_constants(picture, SIZE, seed=2), *column_constants(), constant("tenth", np.float32(0.1))]
    return graph_of(nodes, {"image": picture, "label": LABEL}, {"mean": LATENT}, constants)


def classifier(picture):
    """softmax(image @ w)."""
    nodes = [*product(), helper.make_node("Softmax", ["product"], ["probabilities"], axis=1)]
    outputs = {"probabilities": (TensorProto.FLOAT, ["n", len(CLASSES)])}
    return graph_of(nodes, {"image": picture}, outputs, product_constants(picture, len(CLASSES), seed=3))


def product():
    return [
        helper.make_node("Cast", ["image"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["numbers", "flat"], ["pixels"]),
        helper.make_node("Mul", ["pixels", "scale"], ["scaled"]),
        helper.make_node("MatMul", ["scaled", "w"], ["product"]),
    ]


def product_constants(picture, columns, seed):
    scale = 0.1 / 127.5 if picture[0] == TensorProto.UINT8 else 0.1
    return [
        constant("w", weights(PIXELS, columns, seed)),
        constant("flat", np.array([-1, PIXELS])),
        constant("scale", np.float32(scale)),
    ]


def as_column(name, scale):
    """`name`, (n,) integers, as `name_column`, (n, 1), times `scale`."""
    return [
        helper.make_node("Cast", [name], [f"{name}_real"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}_real", scale], [f"{name}_scaled"]),
        helper.make_node("Unsqueeze", [f"{name}_scaled", "last"], [f"{name}_column"]),
    ]


def column_constants():
    return [constant("last", np.array([1]))]


def to_levels(name):
    return [
        helper.make_node("Add", [name, "one"], ["positive"]),
        helper.make_node("Mul", ["positive", "half"], ["levels"]),
        helper.make_node("Round", ["levels"], ["rounded"]),
        helper.make_node("Cast", ["rounded"], ["image"], to=TensorProto.UINT8),
    ]


def constant(name, value):
    return name, np.asarray(value)


def weights(rows, columns, seed):
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def move_outside(models):
    """The initializers `w` of some models in one file `model.weights`, whose content is returned."""
    content = b"\0" * SKIPPED
    for model in models:
        (kept,) = (tensor for tensor in model.graph.initializer if tensor.name == "w")
        numbers = numpy_helper.to_array(kept).tobytes()
        read_from(kept, "model.weights", len(content), len(numbers))
        content += numbers
    return content


def read_from(tensor: onnx.TensorProto, location, offset, length):
    """Makes an initializer one that another file has the numbers of."""
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, "offset": offset, "length": length}.items():
        tensor.external_data.add(key=key, value=str(value))


def stored(folder, name, content):
    """Writes a file, and says what the manifest does of it."""
    (folder / name).write_bytes(content)
    return {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def described(values):
    def axes(value):
        return [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]

    return {value.name: {"axes": axes(value), "dtype": NAMES[value.type.tensor_type.elem_type]} for value in values}
