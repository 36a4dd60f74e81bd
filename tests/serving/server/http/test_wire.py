"""What clients do on the wire: a server of uvicorn on loopback, and sockets."""

from __future__ import annotations

import json
import socket
import threading
import time

import numpy as np
import pytest

from serving.server.engine import Engine
from serving.server.limits import Limits
from tests.serving.server.http.running import application, decoded, engine_of, listening
from tests.serving.server.http.test_protocol import INFER, LABEL, LATENT, request

GOOD = request(LATENT, LABEL)
TIGHT = Limits(header_bytes=4000, client_seconds=0.4, connections=20, chunks=50)
LIVE = b"GET /v2/health/live HTTP/1.1\r\nhost: localhost\r\n"


@pytest.fixture(scope="module")
def tight(models):
    with listening(application(engine_of(models, TIGHT)), TIGHT) as port:
        yield port


def connected(port):
    connection = socket.create_connection(("127.0.0.1", port), 10)
    connection.settimeout(10)
    return connection


def answer_to(port, content):
    """All that comes until the connection ends."""
    with connected(port) as connection:
        connection.sendall(content)
        return rest_of(connection)


def rest_of(connection):
    parts = []
    try:
        while part := connection.recv(2**16):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


def status_of(answer):
    return int(answer.split(b" ", 2)[1])


def post(body, *headers, path=INFER):
    lines = [f"POST {path} HTTP/1.1", "host: localhost", "connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunked(*parts):
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)


def test_a_body_in_chunks(port):
    parts = [GOOD[:10], GOOD[10:11], GOOD[11:]]
    answer = answer_to(port, post(chunked(*parts) + b"0\r\n\r\n", "transfer-encoding: chunked"))
    assert status_of(answer) == 200
    result = json.loads(answer.partition(b"\r\n\r\n")[2])
    np.testing.assert_array_equal(result["outputs"][0]["data"], decoded([3, 4]).ravel())


def test_requests_behind_each_other(port):
    """Each gets its own answer, in their order."""
    names = [f"a{number}" for number in range(5)]
    bodies = [request(LATENT, LABEL, id=name) for name in names]
    heads = [f"POST {INFER} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n\r\n" for body in bodies]
    with connected(port) as connection:
        connection.sendall(b"".join(head.encode() + body for head, body in zip(heads, bodies, strict=True)))
        got = b""
        while got.count(b'"id"') < 5 and (part := connection.recv(2**16)):
            got += part
    places = [got.index(f'"id":"{name}"'.encode()) for name in names]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "content",
    [
        LIVE + b"x: " + b"y" * 5000 + b"\r\n\r\n",
        LIVE + b"".join(b"x%d: y\r\n" % number for number in range(500)) + b"\r\n",
        b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n",
        post(chunked(b"{") + b"0\r\n" + b"x: y\r\n" * 1000 + b"\r\n", "transfer-encoding: chunked"),
    ],
    ids=["one header", "many headers", "the path", "behind the chunks"],
)
def test_bytes_of_headers(tight, content):
    assert status_of(answer_to(tight, content)) == 431


ENDLESS = {
    "a header": LIVE + b"x: ",
    "the path": b"GET /",
    "behind the chunks": post(b"0\r\nx: ", "transfer-encoding: chunked"),
    "of a chunk": post(b"5;", "transfer-encoding: chunked"),
}


@pytest.mark.parametrize("beginning", ENDLESS.values(), ids=ENDLESS)
def test_fields_without_an_end(tight, beginning):
    """They come for as long as they are taken, and are taken to the limit."""
    with connected(tight) as connection:
        sent = 0
        connection.sendall(beginning)
        started = time.monotonic()
        try:
            while time.monotonic() - started < 0.3:
                sent += connection.send(b"y" * 1000)
                time.sleep(0.005)
        except ConnectionError:
            pass
    assert 4000 < sent < 20_000


def test_chunks(tight):
    spaces = [b" "] * 40
    assert status_of(answer_to(tight, post(chunked(*spaces, GOOD) + b"0\r\n\r\n", "transfer-encoding: chunked"))) == 200
    answer = answer_to(tight, post(chunked(*spaces, *spaces, GOOD) + b"0\r\n\r\n", "transfer-encoding: chunked"))
    assert status_of(answer) == 413


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GET /v2 HTTP/1.1\r\nhost",
        post(b"{", "content-length: 100"),
        post(b"5\r\n{", "transfer-encoding: chunked"),
    ],
    ids=["nothing", "half of the headers", "half of a body", "half of a chunk"],
)
def test_clients_that_send_no_more(tight, content):
    started = time.monotonic()
    answer = answer_to(tight, content)
    assert 0.3 < time.monotonic() - started < 5
    assert answer == b"" or status_of(answer) == 408


def test_lengths_that_lie(port):
    short = post(GOOD, f"content-length: {len(GOOD) - 5}")
    assert status_of(answer_to(port, short)) == 400
    both = post(chunked(GOOD) + b"0\r\n\r\n", "transfer-encoding: chunked", f"content-length: {len(GOOD)}")
    assert status_of(answer_to(port, both)) == 400
    for length in ("-5", "5, 5", "0x10", "99999999999999999999999"):
        assert status_of(answer_to(port, post(GOOD, f"content-length: {length}"))) in (400, 413)
    assert status_of(answer_to(port, post(b"zz\r\n", "transfer-encoding: chunked"))) == 400


ODD = (
    *(b"OPTIONS * HTTP/1.1\r\nhost: localhost", b"CONNECT localhost:443 HTTP/1.1\r\nhost: localhost"),
    *(b"GET //[ HTTP/1.1\r\nhost: localhost", b"GET http://example.org/v2/x HTTP/1.1\r\nhost: localhost"),
    *(b"GET /v2\xff HTTP/1.1\r\nhost: localhost", b"GET /v2/x HTTP/1.0", b"BREW / HTTP/1.1\r\nhost: localhost"),
    b"GET /v2/x HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade",
)


@pytest.mark.parametrize("content", ODD)
def test_lines_that_are_odd(port, content):
    with connected(port) as connection:
        connection.sendall(content + b"\r\n\r\n")
        assert 400 <= status_of(connection.recv(2**16)) < 500


@pytest.mark.parametrize(
    "content", [b"\x16\x03\x01\x02", b"SSH-2.0-x\r\n", b"GET / HTTP/9.9\r\n\r\n", b"PRI * HTTP/2.0\r\n"]
)
def test_other_protocols(port, content):
    assert status_of(answer_to(port, content + b"\r\n\r\n")) == 400


def test_connections_beyond_the_limit_are_ended_and_the_others_work(tight):
    alive = LIVE + b"\r\n"
    with connected(tight) as first:
        first.sendall(alive)
        assert status_of(first.recv(2**16)) == 200
        crowd = [connected(tight) for _ in range(40)]
        ended = []
        for connection in crowd:
            connection.settimeout(0.05)
            try:
                ended.append(connection.recv(1) == b"")
            except ConnectionError:
                ended.append(True)
            except TimeoutError:
                ended.append(False)
        first.sendall(alive)
        assert status_of(first.recv(2**16)) == 200
        for connection in crowd:
            connection.close()
    assert sum(ended) >= 20


def test_a_body_that_nobody_wants_is_not_read_to_its_end(port):
    """The answer comes, and the connection ends."""
    with connected(port) as connection:
        connection.sendall(post(b"x" * 1000, "content-length: 60000000", path="/v2/nothing"))
        answer = rest_of(connection)
    assert status_of(answer) == 404
    assert b"connection: close" in answer


class Watching(Engine):
    """Notes which tickets are cancelled, and answers when it is told to."""

    def __init__(self, *args):
        super().__init__(*args)
        self.cancelled, self.accepted = threading.Event(), threading.Event()

    def submit(self, request, done, post=None):
        self.accepted.set()
        return self

    def cancel(self):
        self.cancelled.set()


@pytest.fixture
def watching(models):
    engine = Watching(models, Limits())
    yield engine
    assert engine.drain(10)


def test_a_client_that_goes_away_frees_its_place(watching):
    seen = []
    with listening(application(watching, answered=seen.append)) as port:
        with connected(port) as connection:
            connection.sendall(post(GOOD, f"content-length: {len(GOOD)}"))
            assert watching.accepted.wait(10)
            time.sleep(0.1)
            assert not watching.cancelled.is_set()
        assert watching.cancelled.wait(10)
    assert [each.status for each in seen] == [499]


def test_a_client_that_takes_no_answer_is_left(models):
    """4 MB of numbers for whom reads none of them: the server does not wait for it with them in memory."""
    seen = []
    limits = Limits(client_seconds=0.4, rows=10**6)
    rows = 200_000
    latent = {"name": "latent", "shape": [rows, 2], "datatype": "FP32", "data": [0] * 2 * rows}
    label = {"name": "label", "shape": [rows, 1], "datatype": "INT64", "data": [1] * rows}
    body = request(latent, label)
    serving = listening(application(engine_of(models, limits), answered=seen.append), limits)
    with serving as port, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", port))
        connection.sendall(post(body, f"content-length: {len(body)}"))
        until = time.monotonic() + 20
        while not seen and time.monotonic() < until:
            time.sleep(0.05)
    assert len(seen) == 1
