"""Reads the body of a request within the limits of bytes, inflated bytes and time."""

from __future__ import annotations

import asyncio
import time
import zlib

from serving.server.http.call import Call
from serving.server.http.refusals import HttpError
from serving.server.refusals import Reason, RefusedError

# `wbits` of zlib by content coding (RFC 9110, 8.4.1).
CODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
# Of a body that nobody wants, what is read before the connection is closed: a client that still sends would not see
# the answer.
UNWANTED_BYTES, UNWANTED_SECONDS = 2**20, 1.0


async def read_body(call: Call) -> bytes:
    """The body, inflated.

    Raises:
        RefusedError: TOO_LARGE, FULL, INVALID for what cannot be inflated, CANCELLED where the client went away.
        HttpError: 408 for a client that is too slow, 415 for another coding, 411 or 400 for a length that is none.
    """
    most = call.limits.body_bytes
    _check_length(call, most)
    inflater = _inflater(call.header(b"content-encoding"), most)
    parts: list[bytes] = []
    while not call.whole:
        part = await _next_part(call)
        if call.received > most:
            raise _too_large(most)
        if inflater is not None:
            part = await asyncio.to_thread(inflater.inflate, part)
        if part:
            call.take(len(part))
            parts.append(part)
    if inflater is not None:
        inflater.finish()
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def discard(call: Call) -> None:
    """Reads what is left of a body that nobody wants, if that is little."""
    before = call.received
    try:
        async with asyncio.timeout(UNWANTED_SECONDS):
            while not call.whole and call.received - before < UNWANTED_BYTES:
                await _next_part(call)
    except (TimeoutError, RefusedError):
        return


async def gone(call: Call) -> None:
    """Returns when the client has gone away, after the body was read."""
    while (await call.receive())["type"] != "http.disconnect":
        pass


async def _next_part(call: Call) -> bytes:
    left = call.deadline - time.monotonic()
    try:
        async with asyncio.timeout(max(0.0, min(call.limits.client_seconds, left))):
            message = await call.receive()
    except TimeoutError:
        raise HttpError(408, "the body must come faster: the time for it is over") from None
    if message["type"] == "http.disconnect":
        raise RefusedError(Reason.CANCELLED, "the client went away")
    part: bytes = message.get("body", b"")
    call.whole = not message.get("more_body", False)
    call.received += len(part)
    return part


def _check_length(call: Call, most: int) -> None:
    given = call.headers.get(b"content-length")
    if given is None:
        return
    if not given.isdigit():
        raise HttpError(400, "the header Content-Length must be a number")
    # Of a number with so many digits that Python refuses to read it the first ones are enough.
    if int(given[:20]) > most:
        raise _too_large(most)


def _too_large(most: int) -> RefusedError:
    return RefusedError(Reason.TOO_LARGE, f"a body must have at most {most} bytes, inflated too")


def _inflater(coding: str, most: int) -> _Inflater | None:
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        return None
    if coding not in CODINGS:
        known = [(b"accept-encoding", b"gzip, deflate")]
        raise HttpError(415, "the header Content-Encoding must be gzip or deflate, or left out", known)
    return _Inflater(CODINGS[coding], most)


class _Inflater:
    """Inflates a body part by part, and no further than to the limit."""

    def __init__(self, wbits: int, most: int) -> None:
        self._stream = zlib.decompressobj(wbits)
        self._most = self._left = most

    def inflate(self, part: bytes) -> bytes:
        try:
            made = self._stream.decompress(part, self._left + 1)
        except zlib.error:
            raise RefusedError(Reason.INVALID, "the body must be what Content-Encoding says: it is damaged") from None
        self._left -= len(made)
        if self._left < 0:
            raise _too_large(self._most)
        if self._stream.unused_data:
            raise RefusedError(Reason.INVALID, "the compressed body must end where it is complete")
        return made

    def finish(self) -> None:
        if not self._stream.eof:
            raise RefusedError(Reason.INVALID, "the compressed body must be complete: its end is missing")
