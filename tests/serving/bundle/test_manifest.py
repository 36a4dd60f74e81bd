from __future__ import annotations

import dataclasses
import json
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving import InputError, Manifest
from serving.bundle.manifest import Image, Latent, Network, PixelDistribution, Quantization, Tensor, Weights

NAMES = st.text(string.ascii_lowercase, min_size=1, max_size=8)
TENSORS = st.dictionaries(
    NAMES,
    st.builds(
        Tensor,
        axes=st.lists(st.one_of(st.integers(1, 99), NAMES), max_size=4).map(tuple),
        dtype=st.sampled_from(["uint8", "float32", "int64"]),
        range=st.none() | st.tuples(st.floats(-9, 9), st.floats(-9, 9)),
    ),
    max_size=3,
)
STORED = {
    "file": NAMES.map("{}_".format),
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
        st.builds(Quantization, st.sampled_from(["int8", "fp16"]), st.floats(0, 99), st.floats(0, 99), st.booleans()),
        max_size=2,
    ),
    license=st.none() | st.text(max_size=20),
    likelihood=st.none()
    | st.builds(PixelDistribution, st.text(max_size=10), st.none() | st.floats(0.01, 1.0, allow_subnormal=False)),
    providers=st.dictionaries(
        st.just("openvino"),
        st.dictionaries(NAMES, st.dictionaries(st.sampled_from(["float32", "bfloat16"]), st.floats(0, 99)), max_size=2),
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


def test_what_may_be_left_out():
    document = json.loads(Manifest("vae", {}, Image(8, 8, 1), Latent(2, None)).to_json())
    needed = {"format_version": 1, **{key: document[key] for key in ("model", "networks")}}
    needed["image"] = {"height": 8, "width": 8, "channels": 1, "any_size": None}
    assert Manifest.from_json(json.dumps(needed)) == Manifest("vae", {}, Image(8, 8, 1))


@pytest.mark.parametrize(
    ("inputs", "outputs", "version"),
    [
        (["image"], ["translation"], 2),
        (["own", "statistics"], ["measured"], 2),
        (["use_own_statistics"], ["translation"], 3),
        (["image"], ["measured_statistics"], 3),
    ],
)
def test_the_format_is_the_lowest_that_says_it(inputs, outputs, version):
    """What format 2 could say is read by who knows no other."""
    sides = [{name: Tensor(("n",), "float32") for name in side} for side in (inputs, outputs)]
    manifest = Manifest("cyclegan", {"a_to_b_tile": Network("a.onnx", "0" * 64, 1, *sides)}, Image(8, 8, 3))
    assert json.loads(manifest.to_json())["format_version"] == version


def test_the_manifest_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Image(1, 1, 1).height = 2  # type: ignore[misc]
