"""uvicorn's protocol of HTTP/1.1 with the limits that uvicorn itself does not have.

uvicorn reads headers of any size and waits for them without end, and an answer that nobody takes stays in memory for
as long as its connection is open.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serving.server.limits import Limits

# What uvicorn says of each request that is none would fill any log: mistakes of clients are no faults of the server.
log = logging.getLogger(__name__)
log.setLevel(logging.ERROR)

# A client that takes fewer bytes of an answer in `client_seconds` is as good as gone.
LEAST_TAKEN = 2**16
HEADERS_TOO_LARGE, CHUNKS_TOO_MANY = (431, b"Request Header Fields Too Large"), (413, b"Content Too Large")
# Between two requests of a connection.
KEEP_ALIVE_SECONDS = 30


def server_options(limits: Limits) -> dict[str, Any]:
    """What `uvicorn.Config` is told, beside the application and where to listen.

    Args:
        limits: of requests.
    """
    return {
        "http": _limited(limits),
        "ws": "none",
        "lifespan": "on",
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "server_header": False,
        "proxy_headers": False,
        "access_log": False,
        "backlog": min(limits.connections, 2048),
    }


def _limited(limits: Limits) -> type[HttpToolsProtocol]:
    return type("LimitedProtocol", (_Limited,), {"limits": limits})


class _Limited(HttpToolsProtocol):
    limits: Limits

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.logger = log
        self._counted = self._chunks = self._silent = 0
        self._heard = False
        self._pending = -1
        self._stalled: asyncio.TimerHandle | None = None
        self._waiting: asyncio.TimerHandle | None = self.loop.call_later(self.limits.client_seconds, transport.abort)
        if len(self.connections) > self.limits.connections:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._headers_came()
        self._stop_watching()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """The parser keeps a field whose end has not come, however long it is, and says nothing meanwhile."""
        self._heard = False
        super().data_received(data)
        self._silent = 0 if self._heard else self._silent + len(data)
        if self._silent > self.limits.header_bytes and not self.transport.is_closing():
            self._end(*HEADERS_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._heard = True
        self._counted = self._chunks = 0
        if self._waiting is None:
            self._waiting = self.loop.call_later(self.limits.client_seconds, self.transport.abort)

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Of the fields behind a body in chunks too."""
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._headers_came()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._heard = True
        super().on_body(body)

    def on_chunk_header(self) -> None:
        self._heard = True
        self._chunks += 1
        if self._chunks > self.limits.chunks:
            self._refuse(*CHUNKS_TOO_MANY)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            self._pending = self.transport.get_write_buffer_size()
            self._stalled = self.loop.call_later(self.limits.client_seconds, self._check_taken)

    def resume_writing(self) -> None:
        self._stop_watching()
        super().resume_writing()

    def _check_taken(self) -> None:
        """Ends a connection whose client does not take what it asked for."""
        left = self.transport.get_write_buffer_size()
        if left > self._pending - LEAST_TAKEN:
            self.transport.abort()
            return
        self._pending = left
        self._stalled = self.loop.call_later(self.limits.client_seconds, self._check_taken)

    def _stop_watching(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _headers_came(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _count(self, size: int) -> None:
        self._heard = True
        self._counted += size
        if self._counted > self.limits.header_bytes:
            self._refuse(*HEADERS_TOO_LARGE)

    def _refuse(self, status: int, phrase: bytes) -> None:
        """Ends the connection within the parser, which the error stops; it then asks for an answer of status 400."""
        self._end(status, phrase)
        raise ValueError(phrase.decode())

    def _end(self, status: int, phrase: bytes) -> None:
        self.transport.write(b"HTTP/1.1 %d %b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % (status, phrase))
        self.transport.close()

    def send_400_response(self, msg: str) -> None:
        if not self.transport.is_closing():
            super().send_400_response(msg)
