"""What `docs/scaling.md` tells a reader to type, typed: its commands, and its client against a stand-in for Triton."""

from __future__ import annotations

import shlex
import shutil
from concurrent import futures
from pathlib import Path

import grpc
import numpy as np
import pytest
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import np_to_triton_dtype, triton_to_np_dtype

import serving
from export.triton import write_repository
from keras_gen.cli import main
from serving.common.images import write_png
from tests.export.triton import server
from tests.pages import blocks, commands
from tests.translators import noise


@pytest.fixture
def somewhere(somewhere, bundles, tmp_path):
    shutil.copytree(bundles["both"], tmp_path / "bundles" / "h2z")
    for index in range(3):
        write_png(tmp_path / "photos" / f"{index}.png", noise(9, 7, seed=index))
    return tmp_path


class Triton(service_pb2_grpc.GRPCInferenceServiceServicer):
    """Answers from a repository, by the rules of its configuration."""

    def __init__(self, repository):
        self.repository = repository

    def ModelInfer(self, request, context):  # noqa: N802
        inputs = {}
        for stated, raw in zip(request.inputs, request.raw_input_contents, strict=True):
            inputs[stated.name] = np.frombuffer(raw, triton_to_np_dtype(stated.datatype)).reshape(stated.shape)
        response = service_pb2.ModelInferResponse(model_name=request.model_name, id=request.id)
        for name, array in server.infer(self.repository, request.model_name, inputs).items():
            response.outputs.add(name=name, datatype=np_to_triton_dtype(array.dtype), shape=array.shape)
            response.raw_output_contents.append(array.tobytes())
        return response


@pytest.fixture
def address(vae_bundle, tmp_path):
    write_repository(vae_bundle, tmp_path / "models")
    service = grpc.server(futures.ThreadPoolExecutor(1))
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(Triton(tmp_path / "models"), service)
    port = service.add_insecure_port("127.0.0.1:0")
    service.start()
    yield f"127.0.0.1:{port}"
    service.stop(None).wait()


def test_the_client_gets_the_librarys_pictures(vae_bundle, address):
    program, _ = blocks("scaling", "python")
    names: dict = {}
    exec(program.replace("localhost:8001", address), names)
    names["client"].close()
    library = serving.load(vae_bundle)
    expected = library.sample(128, seed=7)
    np.testing.assert_array_equal(names["pictures"], expected[:64])
    np.testing.assert_array_equal(names["following"], expected[64:])
    np.testing.assert_array_equal(names["codes"], library.encode(expected[:64]))
    np.testing.assert_array_equal(names["again"], library.reconstruct(expected[:64]))


def of_word(word):
    return [line for line in commands("scaling") if line.startswith(f"keras-gen {word}")]


@pytest.mark.parametrize("line", of_word("export"))
def test_repositories(somewhere, line):
    words = shlex.split(line)
    assert main(words[1:]) == 0
    assert "decoder" in server.load(words[words.index("--triton") + 1])


@pytest.mark.parametrize("line", [*of_word("sample"), *of_word("translate")])
def test_bulk_work(somewhere, line, monkeypatch):
    """In this process, as `--ray` is what the tests of Ray are about."""
    fewer = {"10000000": "250", "100000": "250", "10000": "100", "/shared/many": "shared/many"}
    words = [fewer.get(word, word) for word in shlex.split(line)[1:]]
    place = words.index("--ray")
    del words[place : place + 2]
    if "--workers" in words:
        del words[words.index("--workers") : words.index("--workers") + 2]
    assert main(words) == 0
    out = Path(words[words.index("--out") + 1])
    if words[0] == "translate":
        assert len(list(out.iterdir())) == 3
    elif "npy" not in words:
        assert len(list(out.iterdir())) == 250
    elif out.name == "many":
        assert sum(len(np.load(file)) for file in out.glob("*.npy")) == 250
    else:
        names: dict = {}
        exec(blocks("scaling", "python")[1], names)
        np.testing.assert_array_equal(names["pictures"], serving.load("bundles/vae").sample(250, seed=7))


def test_every_command_of_the_page_is_one_that_is_run():
    assert sorted(commands("scaling")) == sorted([*of_word("export"), *of_word("sample"), *of_word("translate")])
