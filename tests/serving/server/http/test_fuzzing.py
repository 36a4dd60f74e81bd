"""A few hundred requests that are wrong, and right ones beside them. `benchmarks/fuzzing_server.py` sends 10,000."""

from __future__ import annotations

import http.client
import threading

import pytest
from hypothesis import given, settings

from tests.serving.server.http import strategies
from tests.serving.server.http.running import application, ask, engine_of, listening

FEW = settings(max_examples=80, deadline=None, derandomize=True, database=None)


@pytest.fixture(scope="module")
def wire(models):
    """A port, and what its neighbours got: all of them right answers, in the end."""
    with listening(application(engine_of(models))) as port:
        wrong, done, stop = [], [], threading.Event()
        neighbour = threading.Thread(target=_ask_rightly, args=(port, wrong, done, stop))
        neighbour.start()
        yield port
        stop.set()
        neighbour.join(30)
    assert wrong == []
    assert len(done) > 20


def _ask_rightly(port, wrong, done, stop):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    while not stop.wait(0.005):
        path, body, headers = strategies.right(len(done))
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200 or not content.endswith(strategies.expected(len(done))):
            wrong.append((answer.status, content))
        done.append(answer.status)
    connection.close()


@FEW
@given(body=strategies.bodies())
def test_bodies(app, body):
    content, headers = body
    assert ask(app, "POST", "/v2/models/toy/decoder/infer", content, headers)[0] < 500


@FEW
@given(body=strategies.mutations())
def test_right_requests_with_wrong_bytes(app, body):
    content, headers = body
    assert ask(app, "POST", "/v2/models/toy/decoder/infer", content, headers)[0] < 500


@FEW
@given(message=strategies.messages())
def test_messages(wire, message):
    status = strategies.send(wire, message)
    assert status is None or status < 500
