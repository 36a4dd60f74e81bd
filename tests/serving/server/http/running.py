"""The server's HTTP side over bundles whose pictures can be counted out by hand: on loopback, and within this
process."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import uvicorn

from serving.runtime.sessions import Settings
from serving.server.catalogue import Catalogue
from serving.server.engine import Engine
from serving.server.http import HttpSettings, http_application, server_options
from serving.server.limits import Limits
from tests.serving.languages import toys

ODD = "odd name/ü"


def catalogue(place, translators):
    """`toy` with four networks, `floats` with float pictures, `both` of two directions, a grey one of an odd name, and
    `bands` of five channels."""
    return Catalogue(
        {
            "toy": toys.plain(place / "toy", domains={}),
            "floats": toys.of_floats(place / "floats"),
            "both": translators["both"],
            ODD: translators["grey"],
            "bands": translators["bands"],
        },
        Settings("cpu", threads=1),
    )


_engines: list[Engine] = []


def engine_of(catalogue, limits=None):
    """An engine that is ready; `stop_engines` stops it."""
    engine = Engine(catalogue, limits or Limits(), threads=1)
    _engines.append(engine)
    assert engine.wait_until_ready(60)
    return engine


def stop_engines():
    while _engines:
        assert _engines.pop().drain(10)


@contextmanager
def listening(application, limits=None) -> Iterator[int]:
    """The port of a server of uvicorn, as the command runs it."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(application, loop="uvloop", log_level="critical", **server_options(limits or Limits()))
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()
    listener.close()


def application(engine, **settings):
    settings.setdefault("limits", engine.limits)
    return http_application(engine, HttpSettings(**settings))


def ask(application, method, target, body=b"", headers=None, parts=None):
    """What the application answers within this process: (status, headers, body).

    Args:
        application: of ASGI.
        method: of HTTP.
        target: path and query, percent-encoded.
        body: whole, whose length is then stated.
        headers: name -> value, in lower case.
        parts: of a body in chunks, instead of `body`; None stands for a client that goes away, and `...` for one that
            sends no more although the body is not whole.
    """
    path, _, query = target.partition("?")
    sent: list = []
    pieces = [body] if parts is None else list(parts)
    given = {"host": "localhost", **(headers or {})}
    if parts is not None:
        given["transfer-encoding"] = "chunked"
    elif body:
        given.setdefault("content-length", str(len(body)))
    scope = {
        "type": "http",
        "method": method,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()],
        "client": ("127.0.0.1", 50000),
    }

    async def receive():
        if not pieces:
            await asyncio.Event().wait()
        piece = pieces.pop(0)
        if piece is ...:
            await asyncio.Event().wait()
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message):
        sent.append(message)

    asyncio.run(asyncio.wait_for(application(scope, receive, send), 30))
    if not sent:
        return None
    headers = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


def decoded(rows, label=1):
    """What the decoder of `toy` makes of latents `[row, 0]`."""
    return toys.expected(np.asarray(rows), 0, [label] * len(rows))
