"""Bundles of a few operators, whose pictures can be counted out by hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HEIGHT, WIDTH, LATENT = 3, 2, 2
CLASSES = ("zero", "one", "two")
WEIGHTS = "decoder.weights"
DTYPES = {TensorProto.UINT8: "uint8", TensorProto.FLOAT: "float32", TensorProto.INT64: "int64"}
PLACES = np.arange(HEIGHT * WIDTH, dtype=np.float32).reshape(1, HEIGHT, WIDTH, 1)


def model(nodes, inputs, outputs, constants: Mapping[str, np.ndarray | TensorProto] | None = None):
    """An ONNX model; inputs and outputs are name -> (type, axes), constants arrays or tensors."""
    values = [[helper.make_tensor_value_info(name, *kind) for name, kind in side.items()] for side in (inputs, outputs)]
    stored = [
        value if isinstance(value, TensorProto) else numpy_helper.from_array(value, name)
        for name, value in (constants or {}).items()
    ]
    operators = [helper.make_node(*node[:3], **(node[3] if node[3:] else {})) for node in nodes]
    graph = helper.make_graph(operators, "toy", *values, stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def noise():
    """latent = [index, seed], no number further from 0 than the truncation."""
    nodes = [
        ("Add", ["start", "n"], ["end"]),
        ("Range", ["start", "end", "one"], ["index"]),
        ("Cast", ["index"], ["index_float"], {"to": TensorProto.FLOAT}),
        ("Cast", ["seed"], ["seed_float"], {"to": TensorProto.FLOAT}),
        ("Reshape", ["n", "single"], ["count"]),
        ("Expand", ["seed_float", "count"], ["seeds"]),
        ("Unsqueeze", ["index_float", "last"], ["first_column"]),
        ("Unsqueeze", ["seeds", "last"], ["second_column"]),
        ("Concat", ["first_column", "second_column"], ["whole"], {"axis": 1}),
        ("Neg", ["truncation"], ["least"]),
        ("Clip", ["whole", "least", "truncation"], ["latent"]),
    ]
    number = (TensorProto.INT64, [])
    inputs = {"seed": number, "n": number, "start": number, "truncation": (TensorProto.FLOAT, [])}
    outputs = {"latent": (TensorProto.FLOAT, ["n", LATENT])}
    constants = {"one": np.array(1), "single": np.array([1]), "last": np.array([1])}
    return model(nodes, inputs, outputs, constants)


def decoder(labelled=True, mix: TensorProto | np.ndarray | None = None, floats=False):
    """image = latent[0] + 10 * latent[1] + 100 * label + place; as a float it counts 127.5 levels from -1."""
    nodes = [
        ("MatMul", ["latent", "mix"], ["mixed"]),
        ("Cast", ["label"], ["label_float"], {"to": TensorProto.FLOAT}),
        ("Mul", ["label_float", "hundred"], ["label_levels"]),
        ("Unsqueeze", ["label_levels", "last"], ["column"]),
        ("Add", ["mixed", "column"], ["level"]),
        ("Unsqueeze", ["level", "sides"], ["levels"]),
        ("Add", ["levels", "places"], ["shown"]),
    ]
    if floats:
        nodes += [("Div", ["shown", "half"], ["halves"]), ("Sub", ["halves", "unit"], ["image"])]
    else:
        nodes.append(("Cast", ["shown"], ["image"], {"to": TensorProto.UINT8}))
    constants = {
        "mix": np.array([[1], [10]], np.float32) if mix is None else mix,
        "hundred": np.array(100, np.float32),
        "last": np.array([1]),
        "sides": np.array([2, 3]),
        "places": PLACES,
        "half": np.array(127.5, np.float32),
        "unit": np.array(1, np.float32),
    }
    inputs = {"latent": (TensorProto.FLOAT, ["n", LATENT]), "label": (TensorProto.INT64, ["n"])}
    if not labelled:
        del inputs["label"]
        nodes[1:5] = [("Identity", ["mixed"], ["level"])]
    kind = TensorProto.FLOAT if floats else TensorProto.UINT8
    outputs = {"image": (kind, ["n", HEIGHT, WIDTH, 1])}
    return model(nodes, inputs, outputs, constants)


def encoder(labelled=True, floats=False):
    """mean = [level of the first pixel - 100 * label, 0]."""
    nodes = [
        ("Cast", ["image"], ["pixels"], {"to": TensorProto.FLOAT}),
        ("Slice", ["pixels", "begin", "end", "axes"], ["first"]),
        ("Reshape", ["first", "rows"], ["level"]),
        ("Cast", ["label"], ["label_float"], {"to": TensorProto.FLOAT}),
        ("Mul", ["label_float", "hundred"], ["label_levels"]),
        ("Unsqueeze", ["label_levels", "last"], ["column"]),
        ("Sub", ["level", "column"], ["code"]),
        ("MatMul", ["code", "unmix"], ["mean"]),
    ]
    if floats:
        nodes[0:1] = [("Add", ["image", "unit"], ["raised"]), ("Mul", ["raised", "half"], ["pixels"])]
    constants = {
        "begin": np.array([0, 0]),
        "end": np.array([1, 1]),
        "axes": np.array([1, 2]),
        "rows": np.array([-1, 1]),
        "last": np.array([1]),
        "hundred": np.array(100, np.float32),
        "unmix": np.array([[1, 0]], np.float32),
        "half": np.array(127.5, np.float32),
        "unit": np.array(1, np.float32),
    }
    kind = TensorProto.FLOAT if floats else TensorProto.UINT8
    inputs = {"image": (kind, ["n", HEIGHT, WIDTH, 1]), "label": (TensorProto.INT64, ["n"])}
    if not labelled:
        del inputs["label"]
        at = len(nodes) - 5
        nodes[at : at + 4] = [("Identity", ["level"], ["code"])]
    return model(nodes, inputs, {"mean": (TensorProto.FLOAT, ["n", LATENT])}, constants)


def classifier():
    """probabilities = shares of the first column's three pixels."""
    nodes = [
        ("Cast", ["image"], ["pixels"], {"to": TensorProto.FLOAT}),
        ("Slice", ["pixels", "begin", "end", "axes"], ["first"]),
        ("Reshape", ["first", "rows"], ["levels"]),
        ("ReduceSum", ["levels", "last"], ["total"]),
        ("Div", ["levels", "total"], ["probabilities"]),
    ]
    constants = {
        "begin": np.array([0]),
        "end": np.array([1]),
        "axes": np.array([2]),
        "rows": np.array([-1, HEIGHT]),
        "last": np.array([1]),
    }
    inputs = {"image": (TensorProto.UINT8, ["n", HEIGHT, WIDTH, 1])}
    return model(nodes, inputs, {"probabilities": (TensorProto.FLOAT, ["n", 3])}, constants)


def external(name, dims, location=WEIGHTS, offset=0, length=None):
    """A float tensor whose numbers are in another file."""
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=dims, data_location=TensorProto.EXTERNAL)
    pairs = {"location": location, "offset": offset, "length": 4 * int(np.prod(dims)) if length is None else length}
    for key, value in pairs.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def stored(folder: Path, name: str, content: bytes) -> dict[str, object]:
    """Writes a file and says what a manifest says of it."""
    (folder / name).write_bytes(content)
    return {"file": name, "sha256": digest(content), "size": len(content)}


def tensors(values) -> dict[str, object]:
    return {
        value.name: {
            "axes": [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim],
            "dtype": DTYPES[value.type.tensor_type.elem_type],
            "range": None,
        }
        for value in values
    }


def write(folder: Path, graphs: Mapping[str, onnx.ModelProto], weights: bytes | None = None, **entries: object) -> Path:
    """A bundle of format 2; all of its networks may share a file of weights."""
    folder.mkdir(parents=True)
    beside = None if weights is None else stored(folder, WEIGHTS, weights)
    networks = {
        name: {
            **stored(folder, f"{name}.onnx", graph.SerializeToString()),
            "inputs": tensors(graph.graph.input),
            "outputs": tensors(graph.graph.output),
            "weights": beside,
        }
        for name, graph in graphs.items()
    }
    manifest = {
        "format_version": 2,
        "model": "toy",
        "networks": networks,
        "image": {"height": HEIGHT, "width": WIDTH, "channels": 1, "any_size": False, "multiple": 1},
        "latent": {"size": LATENT, "prior": "standard_normal"},
        "classes": list(CLASSES),
        "quantization": {"decoder": {"kind": "fp16", "psnr": 60.0, "at_least": 40.0}},
        **entries,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def changed(folder: Path, change) -> Path:
    """A manifest after `change` was done to it."""
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def replaced(folder: Path, name: str, content: bytes) -> Path:
    """Another content for a network, of which the manifest knows."""
    return changed(folder, lambda manifest: manifest["networks"][name].update(stored(folder, f"{name}.onnx", content)))


def expected(indices: Sequence[int], seed: int, labels: Sequence[int], truncation: float = np.inf) -> np.ndarray:
    """The pictures of `noise` and `decoder`, (n, height, width, 1)."""
    latents = np.stack([np.asarray(indices), np.full(len(indices), seed)], axis=1).clip(-truncation, truncation)
    levels = latents @ [1, 10] + 100 * np.asarray(labels)
    return (levels[:, None, None, None] + PLACES).astype(np.uint8)


def plain(place: Path, **entries: object) -> Path:
    """A bundle of all four networks, whose decoder and encoder see the class."""
    graphs = {"noise": noise(), "decoder": decoder(), "encoder": encoder(), "classifier": classifier()}
    return write(place, graphs, **entries)


def beside(place: Path) -> Path:
    """The same with numbers of the decoder in a file beside it, behind 8 bytes of others."""
    content = b"\7" * 8 + np.array([1, 10], "<f4").tobytes()
    return write(place, {"noise": noise(), "decoder": decoder(mix=external("mix", [2, 1], offset=8))}, content)


def of_floats(place: Path) -> Path:
    """A bundle as `--io float` writes it."""
    return write(place, {"noise": noise(), "decoder": decoder(floats=True), "encoder": encoder(floats=True)})


def cut(file: Path, place: int = -30) -> None:
    """Cuts a file off."""
    file.write_bytes(file.read_bytes()[:place])
