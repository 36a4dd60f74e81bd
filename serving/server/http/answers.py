"""An answer to a request, and how it is sent."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

JSON = "application/json"
BYTES = "application/octet-stream"
# What is sent at a time: a client that reads slowly then holds no more of an answer in the socket's buffers.
PIECE = 2**18
WITHOUT_BODY = (204, 304)
# Fewer bytes are not worth compressing, and more are compressed in another thread.
SMALLEST_COMPRESSED, MOST_AT_ONCE = 2**10, 2**16
LEVEL = 1


@dataclass(slots=True)
class Answer:
    """What a client gets.

    Attributes:
        body: in one piece.
        media_type: of the body.
        status: of HTTP.
        headers: others, names in lower case.
    """

    body: bytes = b""
    media_type: str = JSON
    status: int = 200
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


async def compressed(answer: Answer, accepted: str) -> None:
    """Compresses texts that are worth it, if the client accepts it. Tensors and pictures stay as they are: compressing
    takes longer than sending them."""
    if not accepted or len(answer.body) < SMALLEST_COMPRESSED or not _is_text(answer.media_type):
        return
    coding = accepted_coding(accepted)
    if coding is None:
        return
    squeeze = _gzip if coding == "gzip" else _deflate
    if len(answer.body) < MOST_AT_ONCE:
        answer.body = squeeze(answer.body)
    else:
        answer.body = await asyncio.to_thread(squeeze, answer.body)
    answer.headers += [(b"content-encoding", coding.encode()), (b"vary", b"accept-encoding")]


def accepted_coding(header: str) -> str | None:
    """`gzip` or `deflate`, whichever the header `accept-encoding` (RFC 9110, 12.5.3) allows first; None for neither."""
    allowed = {}
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        allowed[name.strip()] = weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return next((coding for coding in ("gzip", "deflate") if allowed.get(coding)), None)


async def send_answer(send: Send, answer: Answer) -> None:
    """Sends an answer in pieces, each when the client has taken those before."""
    headers = [(b"x-content-type-options", b"nosniff"), *answer.headers]
    # What is said of a body that is not sent would be taken for that of the one that the browser has.
    if answer.status not in WITHOUT_BODY:
        headers += [(b"content-type", answer.media_type.encode()), (b"content-length", b"%d" % len(answer.body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if len(answer.body) <= PIECE:
        await send({"type": "http.response.body", "body": answer.body})
        return
    whole = memoryview(answer.body)
    for start in range(0, len(whole), PIECE):
        more = start + PIECE < len(whole)
        await send({"type": "http.response.body", "body": bytes(whole[start : start + PIECE]), "more_body": more})


def _is_text(media_type: str) -> bool:
    return media_type.startswith("text/") or "json" in media_type


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, LEVEL, mtime=0)


def _deflate(body: bytes) -> bytes:
    return zlib.compress(body, LEVEL)
