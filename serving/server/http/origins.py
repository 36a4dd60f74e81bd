"""Which pages in a browser may ask: none of the web's, unless its origin is allowed.

A page of any site can send requests to a server on loopback, and a site whose name leads to 127.0.0.1 (DNS rebinding)
can read the answers too. So the server must be called by a name that it knows, and a request that a browser sends for
a page must come from a page of this server: `Origin` (RFC 6454) and `Sec-Fetch-Site` (Fetch Metadata) say which.
Programs outside a browser send neither.
"""

from __future__ import annotations

from serving.common.loopback import is_local_name, without_port
from serving.server.http.answers import Answer
from serving.server.http.call import Call
from serving.server.http.refusals import HttpError
from serving.server.http.settings import ANY

OWN_SITE = ("same-origin", "none")
ALLOWED_HEADERS = b"authorization, content-encoding, content-type, inference-header-content-length, x-request-timeout"
EXPOSED_HEADERS = b"inference-header-content-length, retry-after"
PREFLIGHT_SECONDS = b"600"


def check_host(call: Call, hosts: tuple[str, ...] | None) -> None:
    """Refuses a name that is not this server's.

    Args:
        call: the request.
        hosts: names beside `localhost` and IP addresses; None for any.

    Raises:
        HttpError: 421 (Misdirected Request).
    """
    if hosts is None or (host := call.headers.get(b"host")) is None:
        return
    called = host.decode("latin-1").lower()
    if not is_local_name(called) and without_port(called) not in hosts:
        raise HttpError(421, "the header Host must be a name of this server, localhost or an IP address")


def check_origin(call: Call, allowed: tuple[str, ...], opened: bool) -> str:
    """Refuses what a page of another origin asks.

    Args:
        call: the request.
        allowed: origins of pages that may.
        opened: whether others may link to it: it computes nothing.

    Returns:
        The origin to name in the answer, empty where none was given or it is the server's own.

    Raises:
        HttpError: 403.
    """
    origin = call.header(b"origin").lower()
    if not origin:
        site = call.headers.get(b"sec-fetch-site", b"none").decode("latin-1")
        linked = opened and call.headers.get(b"sec-fetch-mode") == b"navigate"
        if site in OWN_SITE or linked or ANY in allowed:
            return ""
    elif origin.partition("://")[2] == call.header(b"host").lower():
        return ""
    elif ANY in allowed or origin in (each.lower().rstrip("/") for each in allowed):
        return origin
    raise HttpError(403, "pages of other origins may not ask; --allow-origin allows one")


def preflight(call: Call, origin: str, methods: list[str]) -> Answer:
    """The answer to a browser that asks what a page may send."""
    answer = Answer(status=204)
    answer.headers += [
        (b"access-control-allow-methods", ", ".join(methods).encode()),
        (b"access-control-allow-headers", ALLOWED_HEADERS),
        (b"access-control-max-age", PREFLIGHT_SECONDS),
    ]
    if b"access-control-request-private-network" in call.headers:
        answer.headers.append((b"access-control-allow-private-network", b"true"))
    allow(answer, origin)
    return answer


def allow(answer: Answer, origin: str) -> None:
    """Lets a page of an allowed origin read the answer."""
    if origin:
        answer.headers += [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-expose-headers", EXPOSED_HEADERS),
            (b"vary", b"origin"),
        ]
