"""Requests that are wrong in every way that was thought of, and right ones to send beside them."""

from __future__ import annotations

import gzip
import json
import socket
import struct

import numpy as np
from hypothesis import strategies as st

MODELS = ("toy/decoder", "toy/encoder", "toy/classifier", "toy/sample", "toy/noise", "both/a_to_b", "floats/decoder")
NAMES = ("latent", "label", "image", "seed", "n", "start", "truncation")
KINDS = {"FP32": 4, "INT64": 8, "UINT8": 1, "FP64": 8, "BYTES": 1, "BOOL": 1}
SIZES = st.one_of(
    st.integers(0, 4),
    st.sampled_from([-1, -(2**31), 2**15, 2**31, 2**32 + 1, 2**62, 2**63, 2**64, 10**30]),
    st.sampled_from([True, None, 1.5, "2"]),
)
NUMBERS = st.one_of(
    st.integers(-3, 300),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([2**63 - 1, 2**63, -(2**63), 2**64, 1e39, 1e308, True, None, "1", [], {}]),
)
# Values that JSON does not have, written as Python writes them.
ODD = st.sampled_from([float("nan"), float("inf"), -float("inf")])
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, ODD, st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=12,
)


@st.composite
def tensors(draw):
    """An input, or what looks like one."""
    tensor = {
        "name": draw(st.one_of(st.sampled_from(NAMES), JSON)),
        "shape": draw(st.one_of(st.lists(SIZES, max_size=5), st.just([1, 2]), st.just([1, 3, 2, 1]), JSON)),
        "datatype": draw(st.one_of(st.sampled_from(sorted(KINDS)), JSON)),
    }
    if draw(st.booleans()):
        nested = st.recursive(NUMBERS, lambda inner: st.lists(inner, max_size=4), max_leaves=12)
        tensor["data"] = draw(st.one_of(st.lists(NUMBERS, max_size=12), st.lists(nested, max_size=4), JSON))
    if draw(st.booleans()):
        size = st.one_of(st.integers(-8, 64), st.sampled_from([2**31, 2**64]), JSON)
        names = st.sampled_from(["binary_data_size", "shared_memory_region", "x"])
        tensor["parameters"] = draw(st.one_of(st.dictionaries(names, size, max_size=2), JSON))
    return tensor


@st.composite
def documents(draw):
    """The JSON of a request, as text."""
    document = {"inputs": draw(st.one_of(st.lists(tensors(), max_size=3), JSON))}
    if draw(st.booleans()):
        document["id"] = draw(JSON)
    if draw(st.booleans()):
        output = st.fixed_dictionaries({"name": st.one_of(st.just("image"), JSON)}, optional={"parameters": JSON})
        document["outputs"] = draw(st.one_of(st.lists(output, max_size=2), JSON))
    if draw(st.booleans()):
        document["parameters"] = draw(
            st.one_of(st.dictionaries(st.sampled_from(["timeout", "binary_data_output"]), JSON), JSON)
        )
    text = json.dumps(document).encode()
    if draw(st.integers(0, 9)) == 0:
        depth = draw(st.integers(1, 3000))
        text = text[:-1] + b', "x": ' + b"[" * depth + b"]" * draw(st.sampled_from([depth, 0, depth + 1])) + b"}"
    return text


@st.composite
def bodies(draw):
    """A body and its headers: JSON, bytes behind it, lengths that lie, and what is compressed."""
    text, headers = draw(documents()), {}
    body = text
    if draw(st.booleans()):
        body += draw(st.binary(max_size=64))
        length = draw(st.one_of(st.just(len(text)), st.integers(-2, len(body) + 2), st.sampled_from(["x", "", 2**70])))
        headers["inference-header-content-length"] = str(length)
    if draw(st.integers(0, 3)) == 0:
        headers["content-encoding"] = draw(st.sampled_from(["gzip", "deflate", "br", "gzip, gzip"]))
        if draw(st.booleans()):
            body = gzip.compress(body)
    if draw(st.integers(0, 3)) == 0:
        body = body[: draw(st.integers(0, len(body)))]
    return body, headers


@st.composite
def mutations(draw):
    """A right request with a few bytes changed."""
    body, headers = right()[1:]
    content = bytearray(body)
    for place, value in draw(st.lists(st.tuples(st.integers(0, len(body) - 1), st.integers(0, 255)), max_size=6)):
        content[place] = value
    return bytes(content), headers


@st.composite
def messages(draw):
    """A request as it stands on the wire, whose lengths may lie and whose chunks may be none."""
    model = draw(st.one_of(st.sampled_from(MODELS), st.text(alphabet="abc/%2F.~", max_size=20)))
    body, headers = draw(st.one_of(bodies(), mutations()))
    lines = [f"POST /v2/models/{model}/infer HTTP/1.1", "host: localhost", "connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if draw(st.booleans()):
        cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=4)))
        parts = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
        sizes = [max(0, len(part) + draw(st.sampled_from([0, 0, 0, 0, 1, -1]))) for part in parts]
        body = b"".join(b"%x\r\n%b\r\n" % (size, part) for size, part in zip(sizes, parts, strict=True))
        body += draw(st.sampled_from([b"0\r\n\r\n", b"", b"0\r\nx: y\r\n\r\n", b"zz\r\n"]))
        lines.append("transfer-encoding: chunked")
    else:
        length = len(body) + draw(st.sampled_from([0, 0, 0, 0, -1, 1, -(10**6), 10**12]))
        lines.append(f"content-length: {length}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def send(port, message, seconds=0.2):
    """The status of the answer to a message, or None where none comes in time: then the client goes away."""
    with socket.create_connection(("127.0.0.1", port), seconds) as connection:
        connection.settimeout(seconds)
        answer = b""
        try:
            connection.sendall(message)
            while b"\r\n\r\n" not in answer and (part := connection.recv(2**16)):
                answer += part
        except (ConnectionError, TimeoutError):
            pass
    return int(answer.split(b" ", 2)[1]) if answer else None


def right(number=3):
    """A request that is right: the path, the body, its headers; and the bytes at the end of its answer."""
    described = [
        {"name": "latent", "shape": [1, 2], "datatype": "FP32", "parameters": {"binary_data_size": 8}},
        {"name": "label", "shape": [1, 1], "datatype": "INT64", "parameters": {"binary_data_size": 8}},
    ]
    text = json.dumps({"inputs": described, "parameters": {"binary_data_output": True}}).encode()
    body = text + struct.pack("<ffq", number % 50, 0, 1)
    return "/v2/models/toy/decoder/infer", body, {"inference-header-content-length": str(len(text))}


def expected(number):
    """The bytes of the picture that `right` asks for: its latent, 100 for its class, and the places 0 to 5."""
    return (number % 50 + 100 + np.arange(6)).astype(np.uint8).tobytes()
