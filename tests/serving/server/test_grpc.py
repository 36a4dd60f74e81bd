"""The gRPC side, called by tritonclient and by what no client would send."""

from __future__ import annotations

import grpc
import numpy as np
import pytest
import tritonclient.grpc as triton
from hypothesis import HealthCheck, given, settings
from tritonclient.grpc import service_pb2
from tritonclient.utils import InferenceServerException

from serving.runtime.sessions import Settings
from serving.server.catalogue import Catalogue
from serving.server.engine import Engine
from serving.server.grpc.generate import generate
from serving.server.grpc.messages import DESCRIPTORS
from serving.server.grpc.settings import GrpcSettings
from serving.server.limits import Limits
from serving.server.refusals import Reason, RefusedError
from serving.server.tokens import digest_of
from tests import handmade
from tests.serving.server.grpc_running import running
from tests.serving.server.grpc_wrong import CLIENTS_OWN, wrong_messages

INFER = "/inference.GRPCInferenceService/ModelInfer"
ROWS = np.arange(8, dtype=np.float32).reshape(2, 4)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    place = handmade.write(tmp_path_factory.mktemp("served") / "toy", {"product": handmade.product(handmade.inside())})
    made = Engine(Catalogue({"toy": place}, Settings("cpu", threads=1)), Limits())
    assert made.wait_until_ready(30)
    yield made
    made.drain(5)


@pytest.fixture(scope="module")
def address(engine):
    with running(engine, GrpcSettings(Limits(body_bytes=100_000))) as place:
        yield place


@pytest.fixture(scope="module")
def client(address):
    with triton.InferenceServerClient(address) as made:
        yield made


@pytest.fixture(scope="module")
def raw(address):
    with grpc.insecure_channel(address) as channel:
        yield channel.unary_unary(INFER)


def asked(rows=ROWS, name="x", kind="FP32"):
    tensor = triton.InferInput(name, list(rows.shape), kind)
    tensor.set_data_from_numpy(rows)
    return [tensor]


def typed(**fields):
    """A request with its numbers in the field of their type."""
    request = service_pb2.ModelInferRequest(model_name="product", id="seven")
    tensor = request.inputs.add(name="x", datatype="FP32", shape=[2, 4])
    for name, values in fields.items():
        getattr(tensor.contents, name).extend(values)
    return request


def test_tritonclient_in_its_default_mode(client):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("toy/product")
    assert client.get_server_metadata().name == "keras-gen"
    about = client.get_model_metadata("product")
    assert (about.inputs[0].name, about.inputs[0].datatype, list(about.inputs[0].shape)) == ("x", "FP32", [-1, 4])
    assert (about.outputs[0].name, list(about.versions), about.platform) == ("y", ["1"], "onnxruntime_onnx")
    (entry,) = client.get_model_repository_index().models
    assert (entry.name, entry.version, entry.state) == ("toy/product", "1", "READY")
    result = client.infer("product", asked(), request_id="seven", outputs=[triton.InferRequestedOutput("y")])
    np.testing.assert_allclose(result.as_numpy("y"), ROWS @ handmade.NUMBERS)
    assert (result.get_response().id, result.get_response().model_version) == ("seven", "1")


def test_numbers_may_be_in_the_field_of_their_type(raw):
    answer = service_pb2.ModelInferResponse.FromString(raw(typed(fp32_contents=ROWS.ravel()).SerializeToString()))
    np.testing.assert_array_equal(
        np.frombuffer(answer.raw_output_contents[0], "<f4").reshape(2, 3), ROWS @ handmade.NUMBERS
    )


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (typed(), "numbers"),
        (typed(fp32_contents=[1.0] * 7), "8 numbers. Received: 7"),
        (typed(int64_contents=[1] * 8), "fp32_contents"),
        (service_pb2.ModelInferRequest(model_name="product"), "x"),
    ],
)
def test_what_cannot_be_computed_is_an_invalid_argument(raw, request_, expected):
    with pytest.raises(grpc.RpcError, match="INVALID_ARGUMENT") as raised:
        raw(request_.SerializeToString(), timeout=20)
    assert expected in raised.value.details()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda r: r.raw_input_contents.append(b"\0" * 31), "32 bytes. Received: 31"),
        (lambda r: r.raw_input_contents.extend([b"", b""]), "2 of 1"),
        (lambda r: r.inputs[0].shape.__setitem__(0, -2), "sizes above 0"),
        (lambda r: r.inputs[0].shape.__setitem__(0, 0), "sizes above 0"),
        (lambda r: setattr(r.inputs[0], "datatype", "FP64"), "the datatype FP32"),
        (lambda r: setattr(r.inputs[0], "name", "z"), "the inputs must be x"),
        (lambda r: r.inputs.append(r.inputs[0]), "each once"),
        (lambda r: r.outputs.add(name="z"), "the outputs must be among y"),
        (lambda r: setattr(r, "id", "i" * 257), "256 characters"),
        (lambda r: r.parameters["timeout"].__setattr__("string_param", "soon"), "microseconds"),
        (lambda r: r.inputs[0].parameters["shared_memory_region"].__setattr__("string_param", "a"), "no memory"),
    ],
)
def test_a_request_that_lies_is_told_of_what_was_expected(raw, change, expected):
    request = typed()
    change(request)
    if not request.raw_input_contents:
        for _ in request.inputs:
            request.raw_input_contents.append(ROWS.tobytes())
    with pytest.raises(grpc.RpcError, match="INVALID_ARGUMENT") as raised:
        raw(request.SerializeToString(), timeout=20)
    assert expected in raised.value.details()


def test_bytes_that_are_no_message_are_an_invalid_argument(raw):
    with pytest.raises(grpc.RpcError, match="INVALID_ARGUMENT.*ModelInferRequest|ModelInferRequest"):
        raw(b"\xff\xff\xff", timeout=20)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wrong_messages("product"))
def test_whatever_comes_is_the_clients_mistake_and_harms_nobody(raw, content):
    neighbour = raw.future(typed(fp32_contents=ROWS.ravel()).SerializeToString(), timeout=20)
    try:
        raw(content, timeout=20)
    except grpc.RpcError as error:
        assert error.code().name in CLIENTS_OWN, error
    answer = service_pb2.ModelInferResponse.FromString(neighbour.result())
    assert answer.raw_output_contents[0] == (ROWS @ handmade.NUMBERS).tobytes()


def test_a_message_over_the_limit_is_refused_inflated_too(address):
    large = typed(fp32_contents=np.zeros(50_000)).SerializeToString()
    for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
        with (
            grpc.insecure_channel(address) as channel,
            pytest.raises(grpc.RpcError, match="RESOURCE_EXHAUSTED"),
        ):
            channel.unary_unary(INFER)(large, timeout=20, compression=compression)


def test_compressed_messages_are_read(client):
    result = client.infer("product", asked(), compression_algorithm="gzip")
    np.testing.assert_allclose(result.as_numpy("y"), ROWS @ handmade.NUMBERS)


def test_no_such_model_or_version_is_not_found(client):
    for model, version in (("nothing", ""), ("product", "2")):
        with pytest.raises(InferenceServerException, match="NOT_FOUND|no model"):
            client.infer(model, asked(), model_version=version)


def test_what_the_server_does_not_speak_is_unimplemented(client):
    with pytest.raises(InferenceServerException, match="UNIMPLEMENTED"):
        client.get_inference_statistics()


def test_health_as_kubernetes_probes_it(address):
    with grpc.insecure_channel(address) as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        assert check(b"") == b"\x08\x01"  # field 1, SERVING
        with pytest.raises(grpc.RpcError, match="NOT_FOUND"):
            check(b"\x0a\x01z")


def test_callers_are_known_by_their_tokens(engine):
    told = []
    told_to = GrpcSettings(tokens={"ann": digest_of("secret")}, answered=told.append)
    with running(engine, told_to) as address, triton.InferenceServerClient(address) as client:
        assert client.is_server_ready()
        for headers in (None, {"authorization": "Bearer wrong"}, {"authorization": "secret"}):
            with pytest.raises(InferenceServerException, match="UNAUTHENTICATED"):
                client.infer("product", asked(), headers=headers)
        client.infer("product", asked(), headers={"authorization": "Bearer secret"})
    assert [(each.status, each.client) for each in told[1:]] == [
        *[("UNAUTHENTICATED", "")] * 3,
        ("OK", "ann"),
    ]
    assert all(each.method == INFER and each.seconds > 0 for each in told[1:])


class Busy:
    """An engine that accepts and does not answer, or refuses."""

    ready = True

    def __init__(self, catalogue, refusal=None):
        self.catalogue = catalogue
        self.refusal = refusal
        self.cancelled = 0

    def submit(self, request, done, post=None):
        if self.refusal:
            raise self.refusal
        return self

    def cancel(self):
        self.cancelled += 1


def test_a_call_that_is_over_frees_its_place(engine):
    busy = Busy(engine.catalogue)
    with running(busy, GrpcSettings()) as address, grpc.insecure_channel(address) as channel:
        call = channel.unary_unary(INFER)
        content = typed(fp32_contents=ROWS.ravel())
        with pytest.raises(grpc.RpcError, match="DEADLINE_EXCEEDED"):
            call(content.SerializeToString(), timeout=0.2)
        content.parameters["timeout"].int64_param = 50_000
        with pytest.raises(grpc.RpcError, match="DEADLINE_EXCEEDED"):
            call(content.SerializeToString(), timeout=20)
        waiting = call.future(typed(fp32_contents=ROWS.ravel()).SerializeToString(), timeout=20)
        with pytest.raises(grpc.FutureTimeoutError):
            waiting.result(timeout=0.2)
        waiting.cancel()
    assert busy.cancelled == 3


def test_a_full_server_says_when_to_try_again(engine):
    busy = Busy(engine.catalogue, RefusedError(Reason.FULL, "the queue is full", 2.0))
    with (
        running(busy, GrpcSettings()) as address,
        grpc.insecure_channel(address) as channel,
        pytest.raises(grpc.RpcError, match="RESOURCE_EXHAUSTED") as raised,
    ):
        channel.unary_unary(INFER)(typed(fp32_contents=ROWS.ravel()).SerializeToString(), timeout=20)
    assert dict(raised.value.trailing_metadata()) == {"retry-after": "2", "grpc-retry-pushback-ms": "2000"}


def test_a_fault_of_the_server_tells_nothing_of_its_inside(engine):
    busy = Busy(engine.catalogue, KeyError("/secret/place"))
    with (
        running(busy, GrpcSettings()) as address,
        grpc.insecure_channel(address) as channel,
        pytest.raises(grpc.RpcError, match="INTERNAL") as raised,
    ):
        channel.unary_unary(INFER)(typed(fp32_contents=ROWS.ravel()).SerializeToString(), timeout=20)
    assert "secret" not in str(raised.value)


def test_the_messages_are_those_of_the_proto_files(tmp_path):
    generate(tmp_path / "again.binpb")
    assert (tmp_path / "again.binpb").read_bytes() == DESCRIPTORS.read_bytes()
