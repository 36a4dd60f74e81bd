"""One process of the server: an engine, and both protocols in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from serving.server.batching.options import Batching
from serving.server.catalogue import Catalogue
from serving.server.engine import Engine
from serving.server.grpc.front import grpc_server, listen
from serving.server.grpc.settings import Called, GrpcSettings
from serving.server.http import Answered, HttpSettings, http_application, server_options
from serving.server.operations.access_log import Told, access_log
from serving.server.operations.metrics import Metrics
from serving.server.operations.plan import Plan, address
from serving.server.reloading import Reloader

if TYPE_CHECKING:
    from serving.server.operations.traces import Traces

log = logging.getLogger(__name__)

# Set for the workers of one server, before prometheus_client is imported.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
# Calls of gRPC's own, after the last answer.
CLOSING_SECONDS = 0.5


def serve(
    plan: Plan,
    http: socket.socket,
    workers: int,
    ready: Callable[[Engine], None],
    leash: Connection | None = None,
) -> None:
    """Serves until a signal says to stop, and returns when what was accepted is answered.

    Args:
        plan: what is served.
        http: a socket that is bound to the port of HTTP.
        workers: processes of the server, which share the cores.
        ready: is called when every network has been run.
        leash: ends when whoever started this process does, which ends this one too.

    Raises:
        InputError: a bundle that cannot be opened.
    """
    metrics = Metrics(os.environ.get(FOLDER))
    catalogue = Catalogue(dict(plan.bundles), plan.settings, plan.max_batch_size)
    joining = Batching(wait=plan.wait)
    engine = Engine(catalogue, plan.limits, plan.threads, metrics, joining, plan.batching, workers)
    try:
        _run(_Worker(plan, engine, metrics).live(http, ready, leash))
    finally:
        engine.drain(0.0)


def _run(main: object) -> None:
    if sys.platform == "win32":
        asyncio.run(main)  # type: ignore[arg-type]
    else:
        import uvloop

        uvloop.run(main)  # type: ignore[arg-type]


class _Worker:
    def __init__(self, plan: Plan, engine: Engine, metrics: Metrics) -> None:
        self._plan = plan
        self._engine = engine
        self._metrics = metrics
        self._reloader = Reloader(engine)
        self._traces = _traces() if plan.traces else None

    async def live(self, socket_: socket.socket, ready: Callable[[Engine], None], leash: Connection | None) -> None:
        """From the first request to the last answer."""
        plan, told = self._plan, self._told()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        tasks: list[asyncio.Task[None]] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        if leash is not None:
            loop.add_reader(leash.fileno(), stop.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: tasks.append(asyncio.create_task(self._reload())))
        http = _Http(self._http_config(told))
        grpc = grpc_server(self._engine, GrpcSettings(plan.limits, plan.tokens, answered=told))
        listen(grpc, address(plan.host, plan.grpc_port), _read(plan.certificate))
        await grpc.start()
        serving = asyncio.create_task(http.serve(sockets=[socket_]))
        if plan.watch_seconds:
            tasks.append(asyncio.create_task(self._watch()))
        stopping = asyncio.create_task(stop.wait())
        try:
            getting_ready = asyncio.create_task(asyncio.to_thread(self._engine.wait_until_ready))
            await asyncio.wait([getting_ready, stopping], return_when=asyncio.FIRST_COMPLETED)
            if getting_ready.done():
                getting_ready.result()
                ready(self._engine)
            await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            if leash is not None:
                loop.remove_reader(leash.fileno())
            for task in [*tasks, stopping]:
                task.cancel()
            await self._close(grpc, http, serving)

    async def _close(self, grpc: object, http: uvicorn.Server, serving: asyncio.Task[None]) -> None:
        """Takes no more connections and calls, and answers those that came."""
        seconds = self._plan.drain_seconds
        http.config.timeout_graceful_shutdown = max(1, round(seconds))
        http.should_exit = True
        await asyncio.gather(grpc.stop(seconds), serving)  # type: ignore[attr-defined]
        await asyncio.to_thread(self._engine.drain, CLOSING_SECONDS)
        if self._traces is not None:
            await asyncio.to_thread(self._traces.close)

    def _told(self) -> Told | None:
        """What is told of each request."""
        line, traces = access_log(self._plan.log), self._traces
        if line is None or traces is None:
            return line or traces

        def both(request: Answered | Called) -> None:
            line(request)
            traces(request)

        return both

    def _http_config(self, told: Callable[..., None] | None) -> uvicorn.Config:
        plan = self._plan
        settings = HttpSettings(
            limits=plan.limits,
            tokens=plan.tokens,
            allow_origin=plan.allow_origin,
            hosts=() if plan.loopback else None,
            metrics=self._metrics.text,
            page=plan.page,
            answered=told,
        )
        chain, key = plan.certificate or (None, None)
        return uvicorn.Config(
            http_application(self._engine, settings),
            **server_options(plan.limits),
            log_config=None,
            ssl_certfile=chain,
            ssl_keyfile=key,
        )

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._plan.watch_seconds)
            await self._reload()

    async def _reload(self) -> None:
        """Loads each bundle whose folder has another manifest than the one that is served."""
        await asyncio.to_thread(self._reloader.look)


def _traces() -> Traces:
    from serving.server.operations.traces import Traces  # OpenTelemetry is for those who ask for it

    return Traces()


def _read(certificate: tuple[Path, Path] | None) -> tuple[bytes, bytes] | None:
    return None if certificate is None else (certificate[0].read_bytes(), certificate[1].read_bytes())


class _Http(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the worker's, which has two protocols to stop."""
        yield
