from __future__ import annotations

import dataclasses
import json
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving import InputError, Manifest
from serving.bundle.manifest import FORMAT_VERSION, Image, Latent, Network, Quantization, Tensor, Weights

NAMES = st.text(string.ascii_lowercase, min_size=1, max_size=8)
TENSORS = st.dictionaries(
    NAMES,
    st.builds(
        Tensor,
        axes=st.lists(st.one_of(st.integers(1, 99), NAMES), max_size=4).map(tuple),
        dtype=NAMES,
        range=st.none() | st.tuples(st.floats(-9, 9), st.floats(-9, 9)),
    ),
    max_size=3,
)
STORED = {
    "file": NAMES,
    "sha256": st.text("0123456789abcdef", min_size=64, max_size=64),
    "size": st.integers(0, 10**9),
}
NETWORKS = st.builds(
    Network, **STORED, inputs=TENSORS, outputs=TENSORS, weights=st.none() | st.builds(Weights, **STORED)
)
MANIFESTS = st.builds(
    Manifest,
    model=NAMES,
    networks=st.dictionaries(NAMES, NETWORKS, max_size=3),
    image=st.builds(Image, st.integers(1, 999), st.integers(1, 999), st.integers(1, 4), st.booleans()),
    latent=st.none() | st.builds(Latent, st.integers(1, 999), st.just("standard_normal")),
    classes=st.lists(NAMES, max_size=3).map(tuple),
    weights=st.sampled_from(["ema", "raw"]),
    training=st.dictionaries(NAMES, st.integers() | NAMES, max_size=2),
    parity=st.dictionaries(NAMES, st.dictionaries(NAMES, st.floats(0, 1), max_size=2), max_size=2),
    quantization=st.dictionaries(
        NAMES,
        st.builds(Quantization, st.sampled_from(["int8", "fp16"]), st.floats(0, 99), st.floats(0, 99)),
        max_size=2,
    ),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(MANIFESTS)
def test_what_is_written_is_read(manifest):
    assert Manifest.from_json(manifest.to_json()) == manifest


@settings(max_examples=200)
@given(st.text(max_size=60) | JSON.map(json.dumps))
def test_anything_else_is_an_input_error_of_one_line(text):
    with pytest.raises(InputError) as error:
        Manifest.from_json(text)
    assert "\n" not in str(error.value)


@settings(max_examples=300)
@given(MANIFESTS, st.data())
def test_a_changed_entry_is_read_or_named(manifest, data):
    """Some entry, at any depth, is replaced, removed or added to."""
    document = json.loads(manifest.to_json())
    node = document
    while True:
        key = data.draw(st.sampled_from(sorted(node))) if isinstance(node, dict) and node else None
        if key is None or not isinstance(node[key], dict) or not node[key] or data.draw(st.booleans()):
            break
        node = node[key]
    change = data.draw(st.sampled_from(["replace", "remove", "add"]))
    if change == "add" or key is None:
        node[data.draw(st.text(max_size=4))] = data.draw(JSON)
    elif change == "remove":
        del node[key]
    else:
        node[key] = data.draw(JSON)
    try:
        Manifest.from_json(json.dumps(document))
    except InputError as error:
        assert "\n" not in str(error)


@pytest.fixture
def document():
    tensor = Tensor(("n", 3), "float32")
    network = Network("a.onnx", "0" * 64, 3, {"x": tensor}, {"y": tensor}, Weights("a.data", "1" * 64, 8))
    quantization = {"a": Quantization("int8", 41.5, 40)}
    return json.loads(Manifest("vae", {"a": network}, Image(8, 8, 1), quantization=quantization).to_json())


def test_a_newer_format_is_named(document):
    document["format_version"] = FORMAT_VERSION + 1
    with pytest.raises(InputError, match=rf"at most {FORMAT_VERSION}. Received: {FORMAT_VERSION + 1}.*newer keras-gen"):
        Manifest.from_json(json.dumps(document))


def test_the_first_format_is_read(document):
    """It knew neither weights beside a network nor quantization."""
    document["format_version"] = 1
    del document["networks"]["a"]["weights"], document["quantization"]
    manifest = Manifest.from_json(json.dumps(document))
    assert (manifest.networks["a"].weights, manifest.quantization) == (None, {})


@pytest.mark.parametrize("file", ["../a.onnx", "/a.onnx", "b/a.onnx", "", "..", "b\\a.onnx", ".a", "a\0"])
def test_a_file_outside_the_bundle_is_refused(document, file):
    network = document["networks"]["a"]
    for place, node in (("", network), ("weights.", network["weights"])):
        node["file"], kept = file, node["file"]
        with pytest.raises(InputError, match=rf"networks\.a\.{place}file must be a plain file name"):
            Manifest.from_json(json.dumps(document))
        node["file"] = kept


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("image", "height"), 0, "manifest.image.height must be an integer of at least 1. Received: 0."),
        (("image", "height"), True, "manifest.image.height must be an integer"),
        (("weights",), "best", "must be 'raw' or 'ema'. Received: 'best'."),
        (("latent",), {"size": 2, "prior": "cauchy"}, "manifest.latent.prior must be 'standard_normal'"),
        (("networks", "a", "sha256"), "12", "64 hexadecimal digits"),
        (("networks", "a", "weights", "size"), -1, "manifest.networks.a.weights.size must be an integer of at least 0"),
        (("networks", "a", "weights"), "a.data", "manifest.networks.a.weights must be an object"),
        (("quantization", "a", "kind"), "int4", "manifest.quantization.a.kind must be 'int8' or 'fp16'"),
        (("quantization", "a"), {"kind": "int8"}, "manifest.quantization.a must have 'at_least'"),
        (("networks", "a", "inputs", "x", "range"), [1.0], "manifest.networks.a.inputs.x.range must be"),
        (("extra",), 1, "unknown entry. Received: 'extra'."),
    ],
)
def test_an_ill_typed_entry_is_named_by_its_place(document, path, value, message):
    node = document
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    with pytest.raises(InputError) as error:
        Manifest.from_json(json.dumps(document))
    assert message in str(error.value)


def test_the_manifest_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Image(1, 1, 1).height = 2  # type: ignore[misc]
