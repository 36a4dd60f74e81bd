"""Worker processes behind one port, each of which is started again when it ends."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from serving.common.errors import InputError
from serving.common.exit_codes import ExitCode
from serving.server.operations.plan import Plan

SPAWN = multiprocessing.get_context("spawn")
# Looks at the signals that came in between.
PAUSE = 0.1
# A worker that ends sooner than this after its start is not started again at once.
SOON = 2.0
# Beyond `drain_seconds`, before a worker that does not end is killed.
PATIENCE = 5.0
FOLDER = "PROMETHEUS_MULTIPROC_DIR"


@dataclass
class _Child:
    process: SpawnProcess
    leash: Connection
    started: float
    ready: bool = False


class Supervisor:
    """Starts the workers of a server, and ends them.

    Args:
        plan: what is served.
        http: a socket that is bound to the port of HTTP.
        workers: how many.
        ready: is called with the names of the models when every worker is ready for the first time.
    """

    def __init__(self, plan: Plan, http: socket.socket, workers: int, ready: Callable[[list[str]], None]) -> None:
        self._plan = plan
        self._http = http
        self._workers = workers
        self._ready: Callable[[list[str]], None] | None = ready
        self._children: list[_Child] = []
        self._stopping = False

    def run(self) -> None:
        """Runs until a signal says to stop, and returns when every worker has ended.

        Raises:
            InputError: a bundle that a worker cannot open at the first start.
        """
        with tempfile.TemporaryDirectory() as folder, _signals(self._stop, self._reload):
            os.environ[FOLDER] = folder
            try:
                self._children = [self._start() for _ in range(self._workers)]
                while not self._stopping:
                    self._look()
            finally:
                self._end()
                del os.environ[FOLDER]

    def _start(self) -> _Child:
        leash, its = SPAWN.Pipe()
        process = SPAWN.Process(target=_work, args=(self._plan, self._http, self._workers, its))
        process.start()
        its.close()
        return _Child(process, leash, time.monotonic())

    def _look(self) -> None:
        waited: list[object] = [child.process.sentinel for child in self._children]
        waited += [child.leash for child in self._children if not child.ready]
        wait(waited, PAUSE)  # type: ignore[arg-type]
        for index, child in enumerate(self._children):
            if not child.ready:
                self._listen(child)
            if not child.process.is_alive() and not self._stopping:
                self._children[index] = self._replaced(child)

    def _listen(self, child: _Child) -> None:
        """Hears that a worker is ready, or why it cannot be."""
        try:
            if not child.leash.poll():
                return
            said = child.leash.recv()
        except (EOFError, OSError):
            return  # it ended without a word, which its code tells
        if isinstance(said, str):
            if self._ready is not None:
                raise InputError(said)
            print(f"keras-gen: a worker cannot start: {said}", file=sys.stderr, flush=True)
            return
        child.ready = True
        if self._ready is not None and all(each.ready for each in self._children):
            self._ready(said)
            self._ready = None

    def _replaced(self, child: _Child) -> _Child:
        code = child.process.exitcode or 0
        if self._ready is not None and not child.ready:
            raise InputError(f"the workers must start. Received: {_how(code)} of the first.")
        # One that was told to end has ended well.
        if code:
            print(f"keras-gen: a worker ended ({_how(code)}) and is started again.", file=sys.stderr, flush=True)
        if time.monotonic() - child.started < SOON:
            time.sleep(SOON)
        child.leash.close()
        return self._start()

    def _stop(self) -> None:
        self._stopping = True

    def _reload(self) -> None:
        for child in self._children:
            _send(child.process, signal.SIGHUP)

    def _end(self) -> None:
        for child in self._children:
            _send(child.process, signal.SIGTERM)
        until = time.monotonic() + self._plan.drain_seconds + PATIENCE
        for child in self._children:
            child.process.join(max(0.0, until - time.monotonic()))
            if child.process.is_alive():
                child.process.kill()
                child.process.join()
            child.leash.close()


def _work(plan: Plan, http: socket.socket, workers: int, leash: Connection) -> None:
    """A worker's process."""
    # An end by the keyboard comes to every process of the terminal; the supervisor passes it on.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from serving.server.operations.worker import serve

    try:
        serve(plan, http, workers, lambda engine: leash.send([each.name for each in engine.catalogue.served()]), leash)
    except InputError as error:
        with contextlib.suppress(OSError):
            leash.send(" ".join(str(error).split()))
        sys.exit(ExitCode.MISTAKE)


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def _send(process: SpawnProcess, number: int) -> None:
    if process.pid is not None and process.is_alive():
        os.kill(process.pid, number)


@contextlib.contextmanager
def _signals(stop: Callable[[], None], reload: Callable[[], None]) -> Iterator[None]:
    meant = {signal.SIGTERM: stop, signal.SIGINT: stop, signal.SIGHUP: reload}
    before = {number: signal.signal(number, lambda *_, do=do: do()) for number, do in meant.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
