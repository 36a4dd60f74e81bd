"""The Open Inference Protocol v2 over REST, within this process."""

from __future__ import annotations

import gzip
import json
import zlib

import numpy as np
import pytest

from tests.serving.languages import toys
from tests.serving.server.http.running import ODD, ask, decoded

INFER = "/v2/models/toy/decoder/infer"
LATENT = {"name": "latent", "shape": [2, 2], "datatype": "FP32", "data": [3, 0, 4, 0]}
LABEL = {"name": "label", "shape": [2, 1], "datatype": "INT64", "data": [1, 1]}
PICTURES = decoded([3, 4])


def said(answer):
    return json.loads(answer[2])


def request(*inputs, **more):
    return json.dumps({"inputs": list(inputs), **more}).encode()


def binary(arrays, **more):
    """A request whose tensors are behind its JSON, and the header that says where."""
    kinds = {"float32": "FP32", "int64": "INT64", "uint8": "UINT8"}
    inputs = [
        {
            "name": name,
            "shape": list(array.shape),
            "datatype": kinds[array.dtype.name],
            "parameters": {"binary_data_size": array.nbytes},
        }
        for name, array in arrays.items()
    ]
    text = request(*inputs, **more)
    length = {"inference-header-content-length": str(len(text))}
    return text + b"".join(array.tobytes() for array in arrays.values()), length


def arrays_of(answer):
    """The outputs of an answer, read as the extension says."""
    length = int(answer[1].get("inference-header-content-length", len(answer[2])))
    result, rest = json.loads(answer[2][:length]), answer[2][length:]
    found = {}
    for output in result["outputs"]:
        kind = {"FP32": "<f4", "INT64": "<i8", "UINT8": "u1"}[output["datatype"]]
        size = output.get("parameters", {}).get("binary_data_size")
        flat = np.array(output["data"], kind) if size is None else np.frombuffer(rest[:size], kind)
        rest = rest[size or 0 :]
        found[output["name"]] = flat.reshape(output["shape"])
    assert rest == b""
    return found


def test_health_and_server(app):
    assert said(ask(app, "GET", "/v2/health/live")) == {"live": True}
    assert said(ask(app, "GET", "/v2/health/ready")) == {"ready": True}
    server = said(ask(app, "GET", "/v2"))
    assert server["name"] == "keras-gen"
    assert "binary_tensor_data" in server["extensions"]


@pytest.mark.parametrize("name", ["toy/decoder", "toy%2Fdecoder", "toy/decoder/versions/1", "toy%2Fdecoder/versions/1"])
def test_a_model_is_described_in_tritons_names_and_shapes(app, name):
    assert said(ask(app, "GET", f"/v2/models/{name}")) == {
        "name": "toy/decoder",
        "versions": ["1"],
        "platform": "onnxruntime_onnx",
        "inputs": [
            {"name": "latent", "datatype": "FP32", "shape": [-1, 2]},
            {"name": "label", "datatype": "INT64", "shape": [-1, 1]},
        ],
        "outputs": [{"name": "image", "datatype": "UINT8", "shape": [-1, 3, 2, 1]}],
    }


def test_an_ensemble_says_that_it_is_one(app):
    model = said(ask(app, "GET", "/v2/models/toy/sample"))
    assert model["platform"] == "ensemble"
    assert {"name": "seed", "datatype": "INT64", "shape": [1]} in model["inputs"]


def test_every_model_stands_in_the_index_and_is_ready(app, models):
    index = said(ask(app, "POST", "/v2/repository/index", b"{}"))
    assert [each["name"] for each in index] == [each.name for each in models.served()]
    assert {each["state"] for each in index} == {"READY"}
    assert said(ask(app, "GET", "/v2/models/both/a_to_b/versions/1/ready")) == {"name": "both/a_to_b", "ready": True}


@pytest.mark.parametrize("name", ["x", "toy", "toy/x", "decoder/decoder", "toy/decoder/versions/2", "decoder", "%FF"])
def test_other_names_are_not_found(app, name):
    """`decoder` alone is that of two bundles."""
    status, headers, body = ask(app, "GET", f"/v2/models/{name}")
    assert (status, headers["content-type"]) == (404, "application/json")
    assert list(json.loads(body)) == ["error"]


def test_the_name_of_one_bundles_network_is_enough(app):
    body = request({"name": "image", "shape": [1, 3, 2, 1], "datatype": "UINT8", "data": [1, 9, 1, 9, 2, 9]})
    answer = said(ask(app, "POST", "/v2/models/classifier/infer", body))
    assert answer["model_name"] == "classifier"
    assert answer["outputs"][0]["data"] == [0.25, 0.25, 0.5]


def test_odd_names(app):
    name = "odd%20name%2F%C3%BC"
    model = said(ask(app, "GET", f"/v2/models/{name}/a_to_b"))
    assert model["name"] == f"{ODD}/a_to_b"
    body = request({"name": "image", "shape": [1, 8, 8, 1], "datatype": "UINT8", "data": list(range(64))})
    answer = said(ask(app, "POST", f"/v2/models/{name}%2Fa_to_b/infer", body))
    assert answer["outputs"][0]["data"] == list(range(255, 191, -1))


@pytest.mark.parametrize("data", [[3, 0, 4, 0], [[3.0, 0.0], [4.0, 0.0]]], ids=["flat", "nested"])
@pytest.mark.parametrize("version", ["", "/versions/1"])
def test_numbers_in_json(app, data, version):
    body = request({**LATENT, "data": data}, LABEL, id="a b")
    answer = ask(app, "POST", f"/v2/models/toy/decoder{version}/infer", body)
    assert answer[:2] == (200, {**answer[1], "content-type": "application/json"})
    assert {name: said(answer)[name] for name in ("model_name", "model_version", "id")} == {
        "model_name": "toy/decoder",
        "model_version": "1",
        "id": "a b",
    }
    np.testing.assert_array_equal(arrays_of(answer)["image"], PICTURES)


def test_who_gives_no_id_gets_none(app):
    assert "id" not in said(ask(app, "POST", INFER, request(LATENT, LABEL)))


@pytest.mark.parametrize("coding", ["", "gzip", "deflate"])
@pytest.mark.parametrize("ask_for", [{"parameters": {"binary_data_output": True}}, {"outputs": [{"name": "image"}]}])
def test_tensors_as_bytes(app, coding, ask_for):
    arrays = {"latent": np.array([[3, 0], [4, 0]], np.float32), "label": np.array([[1], [1]])}
    body, headers = binary(arrays, **ask_for)
    if coding:
        body = {"gzip": gzip.compress, "deflate": zlib.compress}[coding](body)
        headers["content-encoding"] = coding
    answer = ask(app, "POST", INFER, body, headers)
    as_bytes = "parameters" in ask_for
    assert answer[1]["content-type"] == f"application/{'octet-stream' if as_bytes else 'json'}"
    np.testing.assert_array_equal(arrays_of(answer)["image"], PICTURES)


def test_one_tensor_as_bytes_and_one_as_numbers(app):
    described = {**LATENT, "parameters": {"binary_data_size": 16}}
    del described["data"]
    text = request(LABEL, described, outputs=[{"name": "image", "parameters": {"binary_data": True}}])
    body = text + np.array([3, 0, 4, 0], "<f4").tobytes()
    answer = ask(app, "POST", INFER, body, {"inference-header-content-length": str(len(text))})
    np.testing.assert_array_equal(arrays_of(answer)["image"], PICTURES)


RAW = {"inference-header-content-length": "0"}


def test_the_bytes_of_the_only_input_without_json(app):
    """The shape follows from their number: 2 rows of 6."""
    pixels = np.array([1, 9, 1, 9, 2, 9, 3, 9, 0, 9, 0, 9], np.uint8)
    answer = ask(app, "POST", "/v2/models/toy/classifier/infer", pixels.tobytes(), RAW)
    np.testing.assert_array_equal(arrays_of(answer)["probabilities"], [[0.25, 0.25, 0.5], [1, 0, 0]])


@pytest.mark.parametrize(
    ("model", "count"), [("toy/classifier", 0), ("toy/classifier", 7), ("toy/decoder", 16), ("both/a_to_b", 192)]
)
def test_bytes_without_json_that_say_no_shape(app, model, count):
    """None, a part of a row, those of one of two inputs, and pictures of any size."""
    assert ask(app, "POST", f"/v2/models/{model}/infer", bytes(count), RAW)[0] == 400


def test_an_ensemble_draws(app):
    numbers = {"seed": 2, "n": 3, "start": 5}
    inputs = [{"name": name, "shape": [1], "datatype": "INT64", "data": [value]} for name, value in numbers.items()]
    inputs += [
        {"name": "truncation", "shape": [1], "datatype": "FP32", "data": [6]},
        {"name": "label", "shape": [3, 1], "datatype": "INT64", "data": [0, 1, 2]},
    ]
    answer = ask(app, "POST", "/v2/models/toy/sample/infer", request(*inputs))
    np.testing.assert_array_equal(arrays_of(answer)["image"], toys.expected([5, 6, 7], 2, [0, 1, 2], 6))


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_long_answers_in_json_are_compressed_for_who_accepts_it(app, coding):
    rows = 300
    latent = {"name": "latent", "shape": [rows, 2], "datatype": "FP32", "data": [7, 0] * rows}
    label = {"name": "label", "shape": [rows, 1], "datatype": "INT64", "data": [1] * rows}
    body = request(latent, label)
    plain, squeezed = ask(app, "POST", INFER, body), ask(app, "POST", INFER, body, {"accept-encoding": f"br, {coding}"})
    assert squeezed[1]["content-encoding"] == coding
    inflated = gzip.decompress(squeezed[2]) if coding == "gzip" else zlib.decompress(squeezed[2])
    assert inflated == plain[2]
    refused = ask(app, "POST", INFER, body, {"accept-encoding": "gzip;q=0, deflate; q=0"})
    assert refused[2] == plain[2]


def without(given, name):
    return {key: value for key, value in given.items() if key != name}


WRONG = {
    "no JSON": b"{",
    "a list": b"[]",
    "no inputs": b"{}",
    "inputs of another kind": b'{"inputs": 3}',
    "an input missing": request(LATENT),
    "an unknown input": request(LATENT, LABEL, {**LABEL, "name": "x"}),
    "an input twice": request(LATENT, LABEL, LABEL),
    "another type": request({**LATENT, "datatype": "FP64"}, LABEL),
    "text": request({**LATENT, "datatype": "BYTES", "data": ["a"]}, LABEL),
    "no shape": request(without(LATENT, "shape"), LABEL),
    "a shape of text": request({**LATENT, "shape": ["2", "2"]}, LABEL),
    "a shape of booleans": request({**LATENT, "shape": [True, 4]}, LABEL),
    "a negative shape": request({**LATENT, "shape": [-2, -2]}, LABEL),
    "an empty shape": request({**LATENT, "shape": [0, 2], "data": []}, LABEL),
    "a shape of other data": request({**LATENT, "shape": [2, 3]}, LABEL),
    "data nested otherwise": request({**LATENT, "data": [[3, 0, 4, 0]]}, LABEL),
    "data nested unevenly": request({**LATENT, "data": [[3, 0, 4], [0]]}, LABEL),
    "texts among data": request({**LATENT, "data": [3, 0, "4", 0]}, LABEL),
    "true among data": request({**LATENT, "data": [3, 0, True, 0]}, LABEL),
    "null among data": request({**LATENT, "data": [3, 0, None, 0]}, LABEL),
    "no data": request(without(LATENT, "data"), LABEL),
    "data that is no list": request({**LATENT, "data": 3}, LABEL),
    "not a number": request(LATENT, LABEL).replace(b"[3, 0, 4, 0]", b"[NaN, 0, 4, 0]"),
    "infinity": request(LATENT, LABEL).replace(b"[3, 0, 4, 0]", b"[Infinity, 0, 4, 0]"),
    "more than a double": request(LATENT, LABEL).replace(b"[3, 0, 4, 0]", b"[1e999, 0, 4, 0]"),
    "more than a float": request({**LATENT, "data": [1e39, 0, 4, 0]}, LABEL),
    "more than an integer": request(LATENT, {**LABEL, "data": [2**63, 1]}),
    "a fraction": request(LATENT, {**LABEL, "data": [1.5, 1]}),
    "an unknown output": request(LATENT, LABEL, outputs=[{"name": "x"}]),
    "an output twice": request(LATENT, LABEL, outputs=[{"name": "image"}] * 2),
    "classification": request(LATENT, LABEL, outputs=[{"name": "image", "parameters": {"classification": 2}}]),
    "shared memory": request({**LATENT, "parameters": {"shared_memory_region": "x"}}, LABEL),
    "shared memory of an output": request(
        LATENT, LABEL, outputs=[{"name": "image", "parameters": {"shared_memory_region": "x"}}]
    ),
    "parameters of another kind": request(LATENT, LABEL, parameters=[]),
    "a flag of another kind": request(LATENT, LABEL, parameters={"binary_data_output": 1}),
    "bytes that are not there": request({**without(LATENT, "data"), "parameters": {"binary_data_size": 16}}, LABEL),
    "an id of another kind": request(LATENT, LABEL, id=3),
    "a timeout of another kind": request(LATENT, LABEL, parameters={"timeout": "soon"}),
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said(app, body):
    status, headers, answer = ask(app, "POST", INFER, body)
    assert (status, headers["content-type"]) == (400, "application/json")
    assert list(json.loads(answer)) == ["error"]


@pytest.mark.parametrize("size", [0, 8, 15, 17, 1000, -16, 16.0, None, "16"])
def test_bytes_that_do_not_fit_the_shape(app, size):
    described = {**without(LATENT, "data"), "parameters": {"binary_data_size": size}}
    text = request(described, LABEL)
    header = {"inference-header-content-length": str(len(text))}
    assert ask(app, "POST", INFER, text + bytes(16), header)[0] == 400


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "00", "99999", "9" * 5000, "\u0663"])
def test_lengths_that_are_none(app, length):
    body, _ = binary({"latent": np.zeros((1, 2), np.float32), "label": np.zeros((1, 1), np.int64)})
    header = {"inference-header-content-length": length.encode().decode("latin-1")}
    assert ask(app, "POST", INFER, body, header)[0] == 400


def test_numbers_that_json_does_not_have_are_given_as_bytes_alone(app):
    """All three pixels of the column are 0, and so is what they are divided by."""
    image = {"name": "image", "shape": [1, 3, 2, 1], "datatype": "UINT8", "data": [0] * 6}
    target = "/v2/models/toy/classifier/infer"
    assert ask(app, "POST", target, request(image))[0] == 400
    answer = ask(app, "POST", target, request(image, parameters={"binary_data_output": True}))
    assert np.isnan(arrays_of(answer)["probabilities"]).all()


@pytest.mark.parametrize("path", ["/v2/x", "/v2/models/toy/decoder/load", "/v2/repository/models/toy/load", "/x", "//"])
def test_there_is_nothing_else(app, path):
    status, _, body = ask(app, "GET", path)
    assert status == 404
    assert list(json.loads(body)) == (["error"] if path.startswith("/v2") else ["type", "title", "status", "detail"])


def test_other_methods(app):
    status, headers, _ = ask(app, "DELETE", INFER)
    assert (status, headers["allow"]) == (405, "POST")
    assert ask(app, "HEAD", "/v2/health/live")[0] == 200
