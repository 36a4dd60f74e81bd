"""`keras-gen serve` as its users start it: a process of its own, signals, and mistakes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request

import grpc
import numpy as np
import pytest
import tritonclient.grpc as triton
from tritonclient.grpc import service_pb2

from keras_gen.cli import main
from tests import handmade
from tests.serving.languages.required import required

TOKEN = "a-token-of-some-length"
ROWS = np.ones((2, 4), np.float32)
INFER = "/inference.GRPCInferenceService/ModelInfer"


class Server:
    """The command in a process of its own."""

    def __init__(self, folder, *words):
        self._out, self._err = folder / "out.txt", folder / "err.txt"
        command = [sys.executable, "-m", "keras_gen", "serve", *map(str, words), "--http-port", "0", "--grpc-port", "0"]
        with open(self._out, "w") as out, open(self._err, "w") as err:
            self.process = subprocess.Popen([*command, "--provider", "cpu", "--threads", "1"], stdout=out, stderr=err)
        wait_for(lambda: "gRPC: " in self.said() or self.process.poll() is not None)
        (self.http,) = re.findall(r"HTTP: (\S+)", self.said())
        (self.grpc,) = re.findall(r"gRPC: (\S+)", self.said())

    def said(self):
        return self._out.read_text()

    def complained(self):
        return self._err.read_text()

    def get(self, path, token=None):
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        with urllib.request.urlopen(urllib.request.Request(self.http + path, headers=headers), timeout=20) as answer:
            return answer.read().decode()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def wait_for(true, seconds=40):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def product(folder, name, scale=1.0):
    """A bundle that multiplies with `handmade.NUMBERS` times a scale."""
    stored = handmade.inside()
    stored.raw_data = (handmade.NUMBERS * scale).tobytes()
    return handmade.write(folder / name, {"product": handmade.product(stored)}, content=None)


def infer(address, token=None):
    tensor = triton.InferInput("x", [2, 4], "FP32")
    tensor.set_data_from_numpy(ROWS)
    headers = None if token is None else {"authorization": f"Bearer {token}"}
    with triton.InferenceServerClient(address) as client:
        return client.infer("toy/product", [tensor], headers=headers).as_numpy("y")


def test_a_bundle_is_served_replaced_and_let_go(tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text(f"# who may ask\nann {TOKEN}\n")
    tokens.chmod(0o600)
    product(tmp_path, "toy")
    words = [tmp_path / "toy", f"other={product(tmp_path, 'second')}", "--token-file", tokens, "--log", "json"]
    server = Server(tmp_path, *words, "--watch-seconds", "0.2")
    assert server.said().splitlines()[:2] == ["other/product", "toy/product"]
    assert server.complained() == ""
    np.testing.assert_allclose(infer(server.grpc, TOKEN), ROWS @ handmade.NUMBERS)
    assert json.loads(server.get("/v2/health/ready")) == {"ready": True}
    assert 'nv_inference_request_success{model="toy/product",version="1"} 1.0' in server.get("/metrics", TOKEN)
    lines = [json.loads(line) for line in server.said().splitlines() if line.startswith("{")]
    assert [(line["protocol"], line["status"], line["client"]) for line in lines[:1]] == [("grpc", "OK", "ann")]

    # A folder is replaced whole, as the export writes it.
    shutil.move(tmp_path / "toy", tmp_path / "old")
    product(tmp_path, "next", scale=2.0)
    shutil.move(tmp_path / "next", tmp_path / "toy")
    wait_for(lambda: '"versions":["2"]' in server.get("/v2/models/toy/product", TOKEN))
    np.testing.assert_allclose(infer(server.grpc, TOKEN), 2 * ROWS @ handmade.NUMBERS)
    assert server.stop() == 0


def test_both_protocols_speak_tls(tmp_path):
    required(None if shutil.which("openssl") else "openssl is not installed")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(chain)]
    subprocess.run(["openssl", *words.split(), *names], check=True, capture_output=True)
    server = Server(tmp_path, product(tmp_path, "toy"), "--tls-cert", chain, "--tls-key", key)
    assert server.http.startswith("https://")
    context = ssl.create_default_context(cafile=chain)
    with urllib.request.urlopen(server.http + "/v2/health/ready", context=context, timeout=20) as answer:
        assert json.load(answer) == {"ready": True}
    with triton.InferenceServerClient(server.grpc, ssl=True, root_certificates=str(chain)) as client:
        assert client.is_server_ready()
    assert server.stop() == 0


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    server = Server(folder, product(folder, "toy"), "--workers", "2", "--watch-seconds", "0")
    yield server
    if server.process.poll() is None:
        server.process.kill()
        server.process.wait()


def listening(server):
    """The workers that are ready for calls."""
    import psutil

    port = int(server.grpc.rpartition(":")[2])
    found = set()
    for each in psutil.Process(server.process.pid).children():
        try:
            places = each.net_connections()
        except psutil.Error:
            continue
        if any(place.laddr.port == port and place.status == psutil.CONN_LISTEN for place in places):
            found.add(each.pid)
    return found


def under_load(server, number):
    """Statuses of requests while each worker in turn is ended, until there are two again."""
    request = service_pb2.ModelInferRequest(model_name="product", raw_input_contents=[ROWS.tobytes()])
    request.inputs.add(name="x", datatype="FP32", shape=ROWS.shape)
    statuses, over = [], threading.Event()

    def send():
        with grpc.insecure_channel(server.grpc, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            while not over.is_set():
                try:
                    channel.unary_unary(INFER)(request.SerializeToString(), timeout=20)
                    statuses.append("OK")
                except grpc.RpcError as error:
                    statuses.append(error.code().name)

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for victim in listening(server):
        before = listening(server)
        os.kill(victim, number)
        wait_for(lambda before=before: len(listening(server) - before) == 1)
    over.set()
    for thread in threads:
        thread.join()
    return statuses


def succeeded(server):
    return sum(map(float, re.findall(r"^nv_inference_request_success\{.*\} (\S+)$", server.get("/metrics"), re.M)))


def test_no_accepted_request_is_lost_when_workers_are_told_to_end(pair):
    before = succeeded(pair)
    statuses = under_load(pair, signal.SIGTERM)
    # What gRPC refuses unread while a connection closes is not among the figures of the engine.
    assert set(statuses) <= {"OK", "UNAVAILABLE", "CANCELLED"}
    assert succeeded(pair) - before == statuses.count("OK") > 0
    assert "nv_inference_request_failure{" not in pair.get("/metrics")


def test_the_next_request_works_after_a_worker_was_killed(pair):
    statuses = under_load(pair, signal.SIGKILL)
    assert set(statuses) <= {"OK", "UNAVAILABLE", "CANCELLED"}
    np.testing.assert_allclose(infer(pair.grpc), ROWS @ handmade.NUMBERS)
    assert "SIGKILL" in pair.complained()


def test_the_workers_end_with_the_server(pair):
    workers = listening(pair)
    assert len(workers) == 2
    assert pair.stop() == 0
    assert not any(os.path.exists(f"/proc/{worker}") for worker in workers)


@pytest.fixture
def toy(tmp_path):
    return product(tmp_path, "toy")


def refused(capsys, *words):
    """The line that a mistake is answered with."""
    assert main(["serve", *map(str, words)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_port_that_is_taken_is_a_mistake(toy, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for option, other in (("--http-port", "--grpc-port"), ("--grpc-port", "--http-port")):
            assert f"{option} must be a port" in refused(capsys, toy, option, port, other, 0)
    assert "from 0 to 65535" in refused(capsys, toy, "--http-port", 65536, "--grpc-port", 0)
    assert "192.0.2.1" in refused(capsys, toy, "--host", "192.0.2.1", "--http-port", 0, "--grpc-port", 0)


FREE = ("--http-port", 0, "--grpc-port", 0)


def test_what_is_no_bundle_is_a_mistake(toy, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert "empty" in refused(capsys, tmp_path / "empty", *FREE)
    assert "names of their own" in refused(capsys, toy, f"toy={toy}", *FREE)
    (toy / "product.onnx").write_bytes(b"\0" * (toy / "product.onnx").stat().st_size)
    assert "product.onnx" in refused(capsys, toy, *FREE)
    assert "product.onnx" in refused(capsys, toy, *FREE, "--workers", 2)


def test_a_file_of_tokens_is_checked(toy, tmp_path, capsys):
    tokens = tmp_path / "tokens"
    assert "no such file" in refused(capsys, toy, *FREE, "--token-file", tokens).lower()
    for content, expected in (("", "at least one line"), ("ann short\n", "line 1"), (f"ann {TOKEN}\n" * 2, "line 2")):
        tokens.write_text(content)
        tokens.chmod(0o600)
        assert expected in refused(capsys, toy, *FREE, "--token-file", tokens)
    tokens.write_text(f"ann {TOKEN}\n")
    tokens.chmod(0o644)
    line = refused(capsys, toy, *FREE, "--token-file", tokens)
    assert "chmod 600" in line
    assert TOKEN not in line


def test_certificate_and_key_come_together_and_fit(toy, tmp_path, capsys):
    (tmp_path / "cert.pem").write_text("none")
    assert "together" in refused(capsys, toy, *FREE, "--tls-cert", tmp_path / "cert.pem")
    both = ["--tls-cert", tmp_path / "cert.pem", "--tls-key", tmp_path / "cert.pem"]
    assert "in PEM" in refused(capsys, toy, *FREE, *both)


def test_how_single_networks_are_joined_is_checked(toy, capsys):
    assert "networks that are served. Received: 'toy/nett'" in refused(capsys, toy, *FREE, "--batching", "toy/nett=4")
    for words in (["toy/net=0"], ["toy/net"], ["toy/net=4,x"], ["toy/net=4", "toy/net=5"]):
        assert "at least 1" in (line := refused(capsys, toy, *FREE, "--batching", *words)) or "NAME=ROWS" in line


def test_numbers_out_of_range_are_mistakes(toy, capsys):
    for option, value in (
        ("--workers", 0),
        ("--seconds", 0),
        ("--wait-ms", -1),
        ("--drain-seconds", -1),
        ("--rows", 0),
    ):
        assert option.strip("-").replace("-", "_") in refused(capsys, toy, *FREE, option, value).replace("-", "_")


@pytest.mark.parametrize(("package", "extra"), [("uvicorn", "server"), ("opentelemetry", "telemetry")])
def test_what_is_not_installed_is_named(toy, capsys, monkeypatch, package, extra):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == package else name)
    assert f"keras-gen[{extra}]" in refused(capsys, toy, *FREE, "--traces", "--workers", 2)
