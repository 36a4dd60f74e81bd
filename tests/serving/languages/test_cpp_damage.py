"""Damaged bundles in C++: each is refused in one line."""

from __future__ import annotations

import hashlib
import os
import shutil

import numpy as np
import pytest
from onnx import TensorProto, helper

from tests.serving.languages import cpp, toys

LANGUAGES = ["cpp"]


def entry(**changes):
    return lambda folder: toys.changed(folder, lambda manifest: manifest["networks"]["decoder"].update(changes))


def whole(**changes):
    return lambda folder: toys.changed(folder, lambda manifest: manifest.update(changes))


def altered(folder, name="decoder.onnx"):
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)


def linked(folder, name="decoder.onnx"):
    (folder / name).rename(folder.parent / name)
    (folder / name).symlink_to(folder.parent / name)


def network(graph):
    """Another decoder, of which the manifest knows."""
    return lambda folder: toys.replaced(
        folder, "decoder", graph if isinstance(graph, bytes) else graph.SerializeToString()
    )


def with_node(*node, domain="", **attributes):
    graph = toys.decoder()
    graph.graph.node.append(helper.make_node(*node, domain=domain, **attributes))
    return graph


def of_opset(version):
    graph = toys.decoder()
    graph.opset_import[0].version = version
    return graph


def twice(key, value):
    """External data with a key that another entry has as well."""
    tensor = toys.external("mix", [2, 1], offset=8)
    tensor.external_data.add(key=key, value=value)
    return toys.decoder(mix=tensor)


def with_function():
    graph = toys.decoder()
    function = helper.make_function("own", "F", ["x"], ["y"], [helper.make_node("Neg", ["x"], ["y"])], [])
    graph.functions.append(function)
    return graph


def with_sparse():
    graph = toys.decoder()
    values = helper.make_tensor("sparse", TensorProto.FLOAT, [1], [1.0])
    indices = helper.make_tensor("indices", TensorProto.INT64, [1], [0])
    graph.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [3]))
    return graph


SUBGRAPH = helper.make_graph([helper.make_node("Neg", ["latent"], ["negative"])], "inner", [], [])
DAMAGES = {
    "no folder": (shutil.rmtree, "must be a bundle with a manifest.json. Received: no such folder."),
    "no manifest": (
        lambda folder: (folder / "manifest.json").unlink(),
        "must be a bundle with a manifest.json. Received: a folder without one.",
    ),
    "manifest linked": (
        lambda folder: linked(folder, "manifest.json"),
        "a file of its own, or a link to one of the bundle or of its model hub's cache. Received: a link to ",
    ),
    "no networks": (whole(networks={}), "must have the network 'decoder'. Received: a bundle with ."),
    "no hash": (entry(sha256="0" * 63), "sha256 must be 64 hexadecimal digits."),
    "a file gone": (
        lambda folder: (folder / "decoder.onnx").unlink(),
        "must be in the bundle. Received: no such file.",
    ),
    "a file linked": (linked, "decoder.onnx must be a file of its own, or a link to one of the bundle"),
    "a folder": (
        lambda folder: ((folder / "decoder.onnx").unlink(), (folder / "decoder.onnx").mkdir()),
        "decoder.onnx must be a file. Received: something else.",
    ),
    "cut": (lambda folder: toys.cut(folder / "decoder.onnx"), "decoder.onnx must have "),
    "inflated": (
        lambda folder: os.truncate(folder / "decoder.onnx", 10**6),
        "decoder.onnx must have ",
    ),
    "altered": (altered, "decoder.onnx must have the SHA-256 "),
    "no ONNX": (network(b"no network"), "decoder.onnx must be an ONNX file. Received: bytes that are none."),
    "empty": (network(b""), "decoder.onnx must be an ONNX file. Received: bytes that are none."),
    "numbers elsewhere": (
        network(toys.decoder(mix=toys.external("mix", [2, 1], "/etc/passwd"))),
        "decoder.onnx must have its data inside. Received: data in '/etc/passwd'.",
    ),
    "numbers upwards": (
        network(toys.decoder(mix=toys.external("mix", [2, 1], "../numbers"))),
        "decoder.onnx must have its data inside. Received: data in '../numbers'.",
    ),
    "numbers at an address": (
        network(toys.decoder(mix=toys.external("mix", [2, 1], "*/_ORT_MEM_ADDR_/*", offset=4096))),
        "decoder.onnx must have its data inside. Received: data in '*/_ORT_MEM_ADDR_/*'.",
    ),
    "numbers nowhere": (
        network(toys.decoder(mix=TensorProto(name="mix", data_type=1, dims=[2, 1], data_location=1))),
        "decoder.onnx must have its data inside. Received: data in another place.",
    ),
    "numbers of a node elsewhere": (
        network(with_node("Constant", [], ["c"], value=toys.external("c", [2, 1], "/etc/passwd"))),
        "decoder.onnx must have its data inside. Received: data in '/etc/passwd'.",
    ),
    "an operator of others": (
        network(with_node("ReadFile", ["latent"], ["read"], domain="com.example")),
        "must use operators of ONNX that compute numbers from numbers. Received: 'com.example.ReadFile'.",
    ),
    "a graph within": (
        network(with_node("If", ["latent"], ["i"], then_branch=SUBGRAPH, else_branch=SUBGRAPH)),
        "must be one graph with its numbers and no more. Received: a graph within it.",
    ),
    "a function": (
        network(with_function()),
        "must be one graph with its numbers and no more. Received: operators of its own.",
    ),
    "sparse numbers": (
        network(with_sparse()),
        "must be one graph with its numbers and no more. Received: sparse numbers.",
    ),
    "an unknown operator": (
        network(with_node("Imagine", ["latent"], ["imagined"])),
        "Received: 'ai.onnx.Imagine'.",
    ),
    "random numbers": (
        network(with_node("RandomNormalLike", ["latent"], ["drawn"])),
        "Received: 'ai.onnx.RandomNormalLike'.",
    ),
    "a graph that does not fit": (
        network(with_node("MatMul", ["mix", "mix"], ["mismatched"])),
        "must be a network that ONNX Runtime",
    ),
    "newer operators": (network(of_opset(99)), "it needs operator set 99. Received: "),
    "other axes": (
        entry(outputs={"image": {"axes": ["n", 9, 9, 1], "dtype": "uint8"}}),
        "must have 'image' as uint8 (-1, 9, 9, 1), as the manifest says. Received: another type or other axes.",
    ),
    "another type": (
        entry(outputs={"image": {"axes": ["n", 3, 2, 1], "dtype": "float32"}}),
        "must have 'image' as float32 (-1, 3, 2, 1), as the manifest says. Received: another type or other axes.",
    ),
    "another name": (
        entry(outputs={"image": {"axes": ["n", 3, 2, 1], "dtype": "uint8"}, "x": {"axes": [], "dtype": "uint8"}}),
        "must have 'x' as uint8 (), as the manifest says. Received: none of that name.",
    ),
    "no outputs": (entry(outputs={}), "must have 'image' where it is used. Received: a bundle without it."),
    "a free size": (
        entry(outputs={"image": {"axes": ["n", "h", "w", 1], "dtype": "uint8"}}),
        "must state the size of 'image'. Received: a free one.",
    ),
    "sizes without end": (
        entry(outputs={"image": {"axes": ["n", 2**52, 2**52, 1], "dtype": "uint8"}}),
        "arrays must fit into memory.",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_bundles_are_one_line(sanitized, tmp_path, damage):
    bundle = toys.plain(tmp_path / "bundle")
    change, message = DAMAGES[damage]
    change(bundle)
    assert message in cpp.refused(sanitized.program("sample"), bundle, 4, 7, tmp_path / "out.png")
    assert not (tmp_path / "out.png").exists()


WEIGHT_DAMAGES = {
    "altered": (lambda folder: altered(folder, toys.WEIGHTS), "decoder.weights must have the SHA-256 "),
    "cut": (lambda folder: toys.cut(folder / toys.WEIGHTS, -1), "decoder.weights must have 16 bytes. Received: 15."),
    "linked": (
        lambda folder: linked(folder, toys.WEIGHTS),
        "decoder.weights must be a file of its own, or a link to one of the bundle",
    ),
    "elsewhere": (
        network(toys.decoder(mix=toys.external("mix", [2, 1], "other.weights"))),
        "must have its data inside or in decoder.weights. Received: data in 'other.weights'.",
    ),
    "beyond the end": (
        network(toys.decoder(mix=toys.external("mix", [2, 1], offset=12))),
        "must have data within the 16 bytes of decoder.weights. Received: 8 bytes from 12 on.",
    ),
    "before the beginning": (
        network(toys.decoder(mix=toys.external("mix", [2, 1], offset=-8))),
        "must be an ONNX file. Received: bytes that are none.",
    ),
    "more than is stated": (
        network(toys.decoder(mix=toys.external("mix", [2, 9], offset=8, length=8))),
        "must be a network that ONNX Runtime",
    ),
    "at two places": (
        network(twice("location", "other.weights")),
        "must have its data inside or in decoder.weights. Received: data in 'other.weights'.",
    ),
}


@pytest.mark.parametrize("damage", WEIGHT_DAMAGES)
def test_damaged_weights_are_one_line(sanitized, tmp_path, damage):
    bundle = toys.beside(tmp_path / "bundle")
    change, message = WEIGHT_DAMAGES[damage]
    change(bundle)
    assert message in cpp.refused(sanitized.program("sample"), bundle, 4, 7, tmp_path / "out.png")


def as_high_as_the_seed():
    """A decoder whose pictures have a height that only running it shows."""
    nodes = [
        ("Shape", ["latent"], ["shape"]),
        ("Slice", ["shape", "zero", "one"], ["count"]),
        ("Cast", ["latent"], ["whole"], {"to": TensorProto.INT64}),
        ("Slice", ["whole", "zero", "one", "zero"], ["first"]),
        ("Slice", ["first", "one", "two", "one"], ["cell"]),
        ("Reshape", ["cell", "one"], ["seed"]),
        ("Concat", ["count", "seed", "two", "one"], ["sides"], {"axis": 0}),
        ("Expand", ["level", "sides"], ["image"]),
    ]
    constants = {name: np.array([value]) for name, value in {"zero": 0, "one": 1, "two": 2}.items()}
    constants["level"] = np.full((1, 1, 1, 1), 9, np.uint8)
    inputs = {"latent": (TensorProto.FLOAT, ["n", 2]), "label": (TensorProto.INT64, ["n"])}
    return toys.model(nodes, inputs, {"image": (TensorProto.UINT8, ["n", "h", "w", 1])}, constants)


@pytest.mark.parametrize(("seed", "ends"), [(3, 0), (2, 1), (5, 1), (5000, 1)])
def test_pictures_of_another_size_than_stated_are_one_line(sanitized, tmp_path, seed, ends):
    """There is memory for pictures of the size stated, which is 3."""
    bundle = toys.replaced(toys.plain(tmp_path / "bundle"), "decoder", as_high_as_the_seed().SerializeToString())
    result = cpp.run(sanitized.program("sample"), bundle, 4, seed, tmp_path / "out.png")
    assert (result.returncode, result.stderr.count("\n")) == (ends, ends)
    assert ("decoder.onnx must run. Received: " in result.stderr) == bool(ends)


def test_sha256_is_that_of_the_standard(language, tmp_path):
    """The examples of FIPS 180-4 and the secure hash standard's validation system."""
    long = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
    digests = {
        b"": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        b"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        long: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        b"a" * 10**6: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
    }
    for content, expected in digests.items():
        (tmp_path / "content").write_bytes(content)
        driver = language.driver
        assert cpp.called(driver, "sha256", "-", "-", f"in={tmp_path / 'content'}").strip() == expected
        assert hashlib.sha256(content).hexdigest() == expected
