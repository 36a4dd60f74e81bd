"""What one client may send, within this process."""

from __future__ import annotations

import gzip
import json
import time
import zlib

import numpy as np
import pytest

from serving.server.http.json_text import is_deeper
from serving.server.limits import Limits
from tests.serving.server.http.running import application, ask, engine_of
from tests.serving.server.http.test_protocol import INFER, LABEL, LATENT, binary, request

SMALL = Limits(body_bytes=4000, json_bytes=2000, json_depth=5, client_seconds=0.1)
GOOD = request(LATENT, LABEL)


@pytest.fixture(scope="module")
def app(models):
    return application(engine_of(models, SMALL))


def spaced(count):
    """A right request with spaces behind its JSON."""
    return GOOD + b" " * (count - len(GOOD))


def test_bytes_of_a_body_whether_it_says_how_many_or_not(app):
    assert ask(app, "POST", INFER, spaced(2000))[0] == 200
    assert ask(app, "POST", INFER, spaced(2001))[0] == 413
    assert ask(app, "POST", INFER, spaced(4001))[0] == 413
    assert ask(app, "POST", INFER, parts=[GOOD, b" " * 3000, b" " * 3000])[0] == 413
    assert ask(app, "POST", INFER, GOOD, {"content-length": "9" * 5000})[0] == 413


@pytest.mark.parametrize("squeeze", [gzip.compress, zlib.compress])
def test_bytes_are_counted_inflated(app, models, squeeze):
    """30 MB of spaces are 30 kB, of which no more is inflated than may be."""
    coding = {"content-encoding": "gzip" if squeeze is gzip.compress else "deflate"}
    assert ask(app, "POST", INFER, squeeze(spaced(2000)), coding)[0] == 200
    assert ask(app, "POST", INFER, squeeze(spaced(4001)), coding)[0] == 413
    started = time.monotonic()
    bomb = squeeze(b" " * 30_000_000)
    making = time.monotonic() - started
    roomy = application(engine_of(models, Limits(body_bytes=200_000)))
    started = time.monotonic()
    assert ask(roomy, "POST", INFER, bomb, coding)[0] == 413
    assert time.monotonic() - started < max(0.5, making)


def test_compressed_bodies_that_are_damaged(app):
    squeezed = gzip.compress(GOOD)
    for body in (GOOD, squeezed[:-4], squeezed[:20] + b"\xff" * 8 + squeezed[28:], squeezed + b"more", b""):
        assert ask(app, "POST", INFER, body, {"content-encoding": "gzip"})[0] == 400
    assert ask(app, "POST", INFER, squeezed, {"content-encoding": "gzip, gzip"})[0] == 415
    assert ask(app, "POST", INFER, squeezed, {"content-encoding": "br"})[0] == 415


def test_depth_of_json(app):
    """The request is an object with a list of objects with a list: 4 levels, and the data may be nested."""
    assert ask(app, "POST", INFER, request({**LATENT, "data": [[3, 0], [4, 0]]}, LABEL))[0] == 200
    deep = request({**LATENT, "data": [[[[3, 0], [4, 0]]]]}, LABEL)
    assert b"levels" in ask(app, "POST", INFER, deep)[2]
    assert ask(app, "POST", INFER, b"[" * 1999)[0] == 400


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        (b"[]", 1),
        (b'{"a": [[1], {"b": 2}]}', 3),
        (b'["[[[[", "\\"[[[[", "]]]]"]', 1),
        (b'["\\\\", [1]]', 2),
        (b"[1], [2], [3]", 1),
        (b"[[[[", 4),
        (b'["[[[[', 1),
    ],
)
def test_depth_is_counted_outside_of_texts(text, depth):
    assert not is_deeper(text, depth)
    assert is_deeper(text, depth - 1)


def test_depth_is_counted_in_a_time_that_grows_with_the_length_alone():
    """A text that never ends, with quotes in it."""
    hostile = b"[" * 20 + b'"' + b'\\"' * 2_000_000
    started = time.monotonic()
    is_deeper(hostile, 16)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "shape", [[2**31, 2**31], [2**62, 4], [2**64, 1], [10**30], [2] * 64, [1] * 17, [10**6, 10**6, 10**6]]
)
def test_shapes_that_overflow_are_refused_before_memory_is_taken(app, shape):
    described = {"name": "latent", "shape": shape, "datatype": "FP32", "parameters": {"binary_data_size": 16}}
    text = request(described, LABEL)
    answer = ask(app, "POST", INFER, text + bytes(16), {"inference-header-content-length": str(len(text))})
    assert answer[0] in (400, 413)


def test_bytes_that_all_clients_hold_together(models):
    app = application(engine_of(models, Limits(held_bytes=500)))
    status, headers, _ = ask(app, "POST", INFER, spaced(600))
    assert (status, headers["retry-after"]) == (429, "1")
    for _ in range(5):
        assert ask(app, "POST", INFER, GOOD)[0] == 200, "what was answered is let go"


def test_a_client_that_sends_too_slowly(app):
    status, headers, _ = ask(app, "POST", INFER, parts=[b"{", ...])
    assert (status, headers["connection"]) == (408, "close")


def test_a_client_that_goes_away_while_it_sends(app):
    assert ask(app, "POST", INFER, parts=[b"{", None]) is None


@pytest.mark.parametrize("given", ["0", "-1", "soon", "nan", "inf", ""])
def test_a_timeout_that_is_none(app, given):
    assert ask(app, "POST", INFER, GOOD, {"x-request-timeout": given})[0] == 400


def test_a_timeout_that_is_over(app):
    assert ask(app, "POST", INFER, GOOD, {"x-request-timeout": "0.000001"})[0] in (408, 504)
    assert ask(app, "POST", INFER, GOOD, {"x-request-timeout": "20"})[0] == 200
    late = json.dumps({**json.loads(GOOD), "parameters": {"timeout": 1}}).encode()
    assert ask(app, "POST", INFER, late)[0] == 504


def test_rows(models):
    app = application(engine_of(models, Limits(rows=3)))
    arrays = {"latent": np.zeros((4, 2), np.float32), "label": np.zeros((4, 1), np.int64)}
    assert ask(app, "POST", INFER, *binary(arrays))[0] == 413
    assert ask(app, "POST", INFER, *binary({name: array[:3] for name, array in arrays.items()}))[0] == 200
