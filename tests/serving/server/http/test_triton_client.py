"""Triton's own clients, in their default modes, as its users have them."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.http import aio
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from tests.serving.server.http.running import decoded

ARRAYS = {"latent": np.array([[3, 0], [4, 0]], np.float32), "label": np.array([[1], [1]])}
PICTURES = decoded([3, 4])


@pytest.fixture
def client(port):
    with triton.InferenceServerClient(f"127.0.0.1:{port}") as client:
        yield client


def inputs_of(arrays, kind=triton, **more):
    inputs = []
    for name, array in arrays.items():
        inputs.append(kind.InferInput(name, array.shape, np_to_triton_dtype(array.dtype)))
        inputs[-1].set_data_from_numpy(array, **more)
    return inputs


def test_it_asks_about_the_server_and_its_models(client):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("toy/decoder")
    assert client.is_model_ready("toy/decoder", "1")
    assert not client.is_model_ready("toy/decoder", "2")
    assert client.get_server_metadata()["name"] == "keras-gen"
    assert client.get_model_metadata("toy/encoder", "1")["outputs"] == [
        {"name": "mean", "datatype": "FP32", "shape": [-1, 2]}
    ]
    assert {"name": "toy/sample", "version": "1", "state": "READY", "reason": ""} in client.get_model_repository_index()


@pytest.mark.parametrize("given", [True, False], ids=["bytes in", "JSON in"])
@pytest.mark.parametrize("wanted", [None, True, False], ids=["", "bytes out", "JSON out"])
def test_it_infers(client, given, wanted):
    outputs = None if wanted is None else [triton.InferRequestedOutput("image", binary_data=wanted)]
    result = client.infer("toy/decoder", inputs_of(ARRAYS, binary_data=given), outputs=outputs, request_id="r 1")
    np.testing.assert_array_equal(result.as_numpy("image"), PICTURES)
    assert result.get_response()["id"] == "r 1"


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("binary", [True, False])
def test_it_compresses(client, coding, binary):
    result = client.infer(
        "toy/decoder",
        inputs_of(ARRAYS),
        outputs=[triton.InferRequestedOutput("image", binary_data=binary)],
        request_compression_algorithm=coding,
        response_compression_algorithm=coding,
    )
    np.testing.assert_array_equal(result.as_numpy("image"), PICTURES)


def test_it_asks_without_waiting(client):
    waiting = [client.async_infer("toy/decoder", inputs_of(ARRAYS)) for _ in range(3)]
    for request in waiting:
        np.testing.assert_array_equal(request.get_result().as_numpy("image"), PICTURES)


def test_it_says_how_long_it_waits(client):
    result = client.infer("toy/decoder", inputs_of(ARRAYS), timeout=20_000_000)
    np.testing.assert_array_equal(result.as_numpy("image"), PICTURES)
    with pytest.raises(InferenceServerException) as caught:
        client.infer("toy/decoder", inputs_of(ARRAYS), timeout=1)
    assert caught.value.status() == "504"


def test_it_is_told_what_is_wrong(client):
    with pytest.raises(InferenceServerException, match="no model 'x' is served") as caught:
        client.infer("x", inputs_of(ARRAYS))
    assert caught.value.status() == "404"


def test_the_client_of_asyncio(port):
    async def ask():
        async with aio.InferenceServerClient(f"127.0.0.1:{port}") as client:
            assert await client.is_server_ready()
            return await client.infer("toy/decoder", inputs_of(ARRAYS, aio))

    np.testing.assert_array_equal(asyncio.run(ask()).as_numpy("image"), PICTURES)
