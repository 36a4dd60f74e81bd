"""What one client may ask of the server. What each limit is for: docs/server.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Upper bounds, checked before memory is taken for what they bound.

    Attributes:
        body_bytes: of a body or message, inflated too.
        held_bytes: of all bodies and answers that are in memory, of all clients.
        chunks: of a body that comes in chunks, each of which takes time, however small.
        json_bytes: of the JSON part of a body, which takes more memory as objects than as text.
        json_depth: of nested lists and objects.
        rows: of one request; larger ones are for `keras-gen sample`.
        whole_rows: of one request to a network that cannot compute it in parts.
        output_bytes: of all outputs of one request.
        pixels: of a picture, before it is decoded.
        header_bytes: of all headers of a request.
        connections: open at a time.
        queued_rows: that wait for one network, half of which one client may take.
        queued_bytes: of inputs and outputs of all requests that are not answered yet.
        client_seconds: a client may take between two parts of a request.
        seconds: that a request may take where it names no deadline.
    """

    body_bytes: int = 64 * 2**20
    held_bytes: int = 1024 * 2**20
    chunks: int = 2**14
    json_bytes: int = 16 * 2**20
    json_depth: int = 16
    rows: int = 4096
    whole_rows: int = 64
    output_bytes: int = 256 * 2**20
    pixels: int = 2**25
    header_bytes: int = 64 * 2**10
    connections: int = 1000
    queued_rows: int = 4096
    queued_bytes: int = 512 * 2**20
    client_seconds: float = 30.0
    seconds: float = 60.0
