from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import onnx
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from serving import InputError
from serving.bundle.safety import check_network, check_self_contained
from serving.runtime.sessions import Sessions, Settings, session_of
from tests.handmade import CONTENT, NUMBERS, beside, digest, inside, product, write

PLACE = "bundle/a.onnx"
WEIGHTS = {"weights.data": len(CONTENT)}


def check(model, weights=WEIGHTS):
    return check_network(model if isinstance(model, bytes) else model.SerializeToString(), weights, PLACE)


def opened(folder):
    sessions = Sessions(folder, Settings("cpu", threads=1))
    for name in sessions.manifest.networks:
        sessions.of(name)


class TestOperators:
    @pytest.mark.parametrize(
        ("domain", "name"),
        [("", "RandomNormal"), ("", "If"), ("", "ImageDecoder"), ("com.microsoft", "EPContext"), ("here", "Conv")],
    )
    def test_others_are_refused_by_name(self, domain, name):
        node = helper.make_node(name, ["x"], ["y"], domain=domain)
        shown = re.escape(f"'{domain or 'ai.onnx'}.{name}'")
        with pytest.raises(InputError, match=rf"bundle/a\.onnx must use operators of ONNX .* Received: {shown}\.$"):
            check(product(inside(), nodes=[node]))

    def test_wherever_they_are(self):
        """In a branch of a graph, in a function."""
        inner = helper.make_graph([helper.make_node("Evil", ["x"], ["r"], domain="d")], "g", [], [])
        model = product(inside(), nodes=[helper.make_node("Relu", ["x"], ["y"], hidden=inner)])
        with pytest.raises(InputError, match="'d.Evil'"):
            check(model)
        model = product(inside())
        function = helper.make_function(
            "d", "F", ["a"], ["b"], [helper.make_node("Evil", ["a"], ["b"], domain="e")], []
        )
        model.functions.append(function)
        with pytest.raises(InputError, match=r"'e\.Evil'"):
            check(model)

    def test_none_of_its_own(self):
        """Functions that call each other would grow without an end."""
        model = product(inside())
        model.functions.append(helper.make_function("", "Relu", ["a"], ["b"], [], []))
        with pytest.raises(InputError, match="must define no operators of its own. Received: 1"):
            check(model)

    def test_a_name_that_is_a_page_long_stays_a_line(self):
        with pytest.raises(InputError) as error:
            check(product(inside(), nodes=[helper.make_node("a\n" * 999, ["x"], ["y"])]))
        assert "\n" not in str(error.value)
        assert len(str(error.value)) < 250

    def test_every_network_that_export_writes_is_allowed(self, vae_bundle):
        opened(vae_bundle)


class TestNumbers:
    @pytest.mark.parametrize(
        "location",
        [
            "../weights.data",
            "/etc/passwd",
            "sub/weights.data",
            "other.data",
            "",
            "*/_ORT_MEM_ADDR_/*",
            "weights.data\0",
        ],
    )
    def test_are_in_no_other_file(self, location):
        with pytest.raises(InputError, match="numbers of bundle/a.onnx must be in 'weights.data'"):
            check(product(beside(location)))

    def test_are_nowhere_else_where_no_file_is_stated(self):
        model = product(beside())
        with pytest.raises(InputError, match=r"must be in the network itself. Received: 'weights\.data'"):
            check(model, weights={})
        with pytest.raises(InputError, match="must be in the network itself"):
            check_self_contained(model.SerializeToString(), "a")
        with pytest.raises(InputError, match="must be in the network itself"):
            session_of(model.SerializeToString())

    def test_of_an_attribute_too(self):
        """ONNX Runtime would look for the file beside the working directory."""
        node = helper.make_node("Constant", [], ["y"], value=beside("secret"))
        with pytest.raises(InputError, match="Received: 'secret'"):
            check(product(inside(), nodes=[node]))

    @pytest.mark.parametrize(
        "place",
        [
            {"offset": 9},
            {"offset": 10**17},
            {"offset": 8, "length": 49},
            {"length": 10**17},
            {"length": 0},
            {"dims": (2**40, 2**40)},
            {"offset": None, "dims": (5, 3), "length": None},
        ],
    )
    def test_are_within_the_file(self, place):
        with pytest.raises(InputError, match=r"'w' of bundle/a\.onnx must be \d+ bytes of the 56 in weights\.data"):
            check(product(beside(**place)))

    @pytest.mark.parametrize("text", ["-8", "+8", " 8", "8.0", "", "0x8", "9" * 19, "\u0668"])
    @pytest.mark.parametrize("key", ["offset", "length"])
    def test_have_places_that_are_numbers(self, key, text):
        with pytest.raises(InputError, match=rf"{key} of 'w' in bundle/a\.onnx must be a number"):
            check(product(beside(**{key: text})))

    @pytest.mark.parametrize(
        ("stored", "message"),
        [
            (TensorProto(name="w", data_type=1, dims=[4, 3], raw_data=b"\0" * 44), "must have 48 bytes. Received: 44"),
            (TensorProto(name="w", data_type=1, dims=[2**50], raw_data=b"\0"), f"{2**52} bytes. Received: 1"),
            (TensorProto(name="w", data_type=1, dims=[2**62] * 60, float_data=[0]), "bytes. Received: 4"),
            (TensorProto(name="w", data_type=1, dims=[-1, 3], raw_data=b""), "axes of at least 0. Received: -1"),
            (
                TensorProto(name="w", data_type=8, dims=[1], string_data=[b"a"]),
                "must be numbers. Received: data type 8",
            ),
            (TensorProto(name="w", data_type=99, dims=[1], raw_data=b"a"), "must be numbers. Received: data type 99"),
            (TensorProto(name="w", data_type=1, dims=[1], raw_data=b"\0" * 4, float_data=[1]), "4 bytes. Received: 8"),
        ],
    )
    def test_are_as_many_as_the_axes_say(self, stored, message):
        with pytest.raises(InputError, match=message):
            check(product(stored))

    def test_are_all_stored(self):
        model = product(inside())
        model.graph.sparse_initializer.add()
        with pytest.raises(InputError, match="must store all numbers of a tensor. Received: 1 sparse"):
            check(model)


class TestFiles:
    def test_a_link_is_refused(self, tmp_path):
        folder = write(tmp_path / "bundle", {"a": product(beside())})
        for name in ("a.onnx", "weights.data", "manifest.json"):
            kept = (folder / name).rename(tmp_path / name)
            (folder / name).symlink_to(kept)
            with pytest.raises(InputError, match="a symbolic link|a link"):
                opened(folder)
            (folder / name).unlink()
            kept.rename(folder / name)
        opened(folder)

    def test_what_is_no_file_is_refused(self, tmp_path):
        folder = write(tmp_path / "bundle", {"a": product(inside())})
        (folder / "a.onnx").unlink()
        os.mkfifo(folder / "a.onnx")  # reading it would wait for ever
        with pytest.raises(InputError, match="must be a file of its own. Received: something else"):
            opened(folder)

    def test_names_that_differ_from_the_manifests_are_named(self, tmp_path):
        folder = write(tmp_path / "bundle", {"a": product(inside(), name="z")}, content=None)
        with pytest.raises(InputError, match=r"a\.onnx must have the outputs y. Received: z"):
            opened(folder)

    @pytest.mark.parametrize(
        ("change", "message"),
        [({"dtype": "uint8"}, r"must be uint8 \['n', 4\]. Received: float32 \['n', 4\]"), ({"axes": ("n", 5)}, "5")],
    )
    def test_so_are_types_and_sizes(self, tmp_path, change, message):
        folder = write(tmp_path / "bundle", {"a": product(inside())}, content=None)
        document = json.loads((folder / "manifest.json").read_text())
        document["networks"]["a"]["inputs"]["x"] |= change
        (folder / "manifest.json").write_text(json.dumps(document))
        with pytest.raises(InputError, match=f"'x' of .*{message}"):
            opened(folder)

    def test_runtimes_own_format_is_not_taken(self):
        """By its mark at the fifth byte, inside of what is otherwise a field that means nothing."""
        content = b"\x92\x7d\x04\x00ORTM" + b"\0" * 4
        with pytest.raises(InputError, match="must be an ONNX file"):
            session_of(content)
        marked = b"\x92\x7d\x84\x00ORTM" + product(inside()).SerializeToString()
        np.testing.assert_array_equal(session_of(marked).run(["y"], {"x": np.eye(4, dtype=np.float32)})[0], NUMBERS)

    def test_what_passes_but_is_no_network_is_one_line(self, tmp_path):
        nodes = [helper.make_node("MatMul", ["x", "nothing"], ["y"])]
        folder = write(tmp_path / "bundle", {"a": product(inside(), nodes=nodes)}, content=None)
        with pytest.raises(InputError, match=r"a\.onnx must be a network that ONNX Runtime opens. Received: ") as error:
            opened(folder)
        assert "\n" not in str(error.value)


@st.composite
def damaged(draw):
    content = bytearray(product(beside()).SerializeToString())
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(content) - 1))
        content[place : place + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(content)


@settings(max_examples=500)
@given(damaged())
def test_any_damage_is_harmless_or_named_in_a_line(content):
    try:
        check(content)
    except InputError as error:
        assert "\n" not in str(error)
        return
    try:
        model = onnx.load_model_from_string(content)
    except DecodeError:
        return  # ONNX Runtime refuses it
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            assert entry.key != "location" or entry.value == "weights.data"


@pytest.mark.parametrize("version", [{"opset": 99}, {"ir_version": 99}])
def test_what_is_newer_than_onnx_runtime_is_one_line(tmp_path, version):
    folder = write(tmp_path / "bundle", {"a": product(inside(), **version)}, content=None)
    with pytest.raises(InputError, match=r"a\.onnx is of ONNX opset \d+ and IR version \d+; onnxruntime must be newer"):
        opened(folder)


def test_a_library_of_another_machine_is_one_line(vae_bundle, tmp_path):
    """A shared library that is none, in place of ONNX Runtime's."""
    package = tmp_path / "onnxruntime"
    package.mkdir()
    suffix = next(iter(sys.modules["_imp"].extension_suffixes()))
    (package / f"core{suffix}").write_bytes(b"\x7fELF" + b"\0" * 60)
    (package / "__init__.py").write_text("from onnxruntime import core")
    program = "import sys; from keras_gen.cli import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", program, "sample", vae_bundle, "--out", tmp_path / "a.png"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"},
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("keras-gen: onnxruntime must be one that was built for ")


def test_a_hard_link_is_a_file_like_others(tmp_path):
    folder = write(tmp_path / "bundle", {"a": product(beside())})
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "weights.data").unlink()
    os.link(folder / "weights.data", copy / "weights.data")
    assert digest((copy / "weights.data").read_bytes()) == digest(CONTENT)
    opened(copy)
