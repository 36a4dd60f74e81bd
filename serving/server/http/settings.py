"""What whoever starts the server decides of its HTTP side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from serving.server.limits import Limits

# Everybody: `--allow-origin '*'`.
ANY = "*"


@dataclass(frozen=True)
class Answered:
    """A request that was answered, for a log of them.

    Attributes:
        method: of HTTP.
        path: as it was asked for, percent-encoded.
        route: the template of the path, such as `/v2/models/{model}/infer`; empty where there is none.
        status: of HTTP; 499 where the client went away.
        client: a token's name, or an address.
        received: bytes of the body, as they came.
        sent: bytes of the answer's body.
        seconds: from the first line of the request to the last byte of the answer.
        traceparent: the header of W3C's trace context; empty where there was none.
    """

    method: str
    path: str
    route: str
    status: int
    client: str
    received: int
    sent: int
    seconds: float
    traceparent: str = ""


@dataclass(frozen=True)
class HttpSettings:
    """What is served beside the models, and to whom.

    Attributes:
        limits: of requests.
        tokens: name -> `tokens.digest_of` the token of each client; none lets everybody ask.
        allow_origin: origins whose pages in a browser may ask, such as `https://example.org`, or `*`.
        hosts: names that the server may be called by beside `localhost` and IP addresses; None lets any name pass,
            which is for servers that are reached by others' names. A page on the web can make a name of its own
            lead to a loopback address (DNS rebinding), so that a server on loopback must know its names.
        metrics: gives the text of `/metrics` and its media type.
        page: a folder with a page for browsers, served under `/page/`.
        answered: is told of every request, in the event loop: it must not block.
    """

    limits: Limits = field(default_factory=Limits)
    tokens: Mapping[str, bytes] = field(default_factory=dict)
    allow_origin: tuple[str, ...] = ()
    hosts: tuple[str, ...] | None = ()
    metrics: Callable[[], tuple[bytes, str]] | None = None
    page: Path | None = None
    answered: Callable[[Answered], None] | None = None
