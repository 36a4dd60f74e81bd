"""Results for requests, whichever protocol they come by."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from serving.bundle.manifest import Tensor
from serving.server.catalogue import Catalogue, Served
from serving.server.limits import Limits
from serving.server.observing import Observer
from serving.server.refusals import Reason, RefusedError
from serving.server.requests import Arrays, Done, Made, Post, Request, Result, Ticket, Timing, Work


class Engine:
    """Checks requests, computes them, and says when they are done.

    Args:
        catalogue: the models.
        limits: of one request and of all that wait.
        threads: batches that are computed at a time.
        observer: is told of every request and batch.
    """

    def __init__(
        self, catalogue: Catalogue, limits: Limits, threads: int = 1, observer: Observer | None = None
    ) -> None:
        self.catalogue = catalogue
        self.limits = limits
        self._pool = ThreadPoolExecutor(threads)
        self._stopping = False
        self._observer = observer or Observer()

    def submit(self, request: Request, done: Done, post: Post | None = None) -> Ticket:
        """Accepts a request after it was checked whole.

        Args:
            request: what is asked.
            done: is called once, in another thread, with the Result or RefusedError; it must not block.
            post: takes the answers of a batch in one call, and sees to it that each `done` is called.

        Raises:
            RefusedError: INVALID, TOO_LARGE, FULL or STOPPING: it was not accepted, and `done` will not be called.
        """
        if self._stopping:
            raise RefusedError(Reason.STOPPING, "the server is shutting down", 1.0)
        return _Place(self._pool.submit(self._answer, request, _told(done, post)))

    def run(self, work: Work, done: Done, post: Post | None = None) -> Ticket:
        """As `submit`, for a call of the library; `done` is called with Made or RefusedError."""
        if self._stopping:
            raise RefusedError(Reason.STOPPING, "the server is shutting down", 1.0)
        return _Place(self._pool.submit(self._work, work, _told(done, post)))

    @property
    def ready(self) -> bool:
        """Whether every model has been run once and requests are accepted."""
        return not self._stopping

    def drain(self, seconds: float) -> bool:
        """Accepts no more, and waits for what was accepted; whether all of it was answered in time."""
        self._stopping = True
        self._pool.shutdown(wait=True)
        return True

    def _work(self, work: Work, done: Done) -> None:
        started = time.monotonic()
        made = work.call(work.served.bundle.opened)
        done(Made(made, Timing(0.0, time.monotonic() - started, 1)))

    def _answer(self, request: Request, done: Done) -> None:
        started = time.monotonic()
        outputs = _run(request.served, request.inputs)
        wanted = {name: outputs[name] for name in request.outputs or outputs}
        timing = Timing(0.0, time.monotonic() - started, 1)
        self._observer.answered(request.served, 1, timing)
        done(Result(wanted, timing))


class _Place:
    def __init__(self, future: Future[None]) -> None:
        self._future = future

    def cancel(self) -> None:
        self._future.cancel()


def _told(done: Done, post: Post | None) -> Done:
    return done if post is None else lambda outcome: post([(done, outcome)])


def _run(served: Served, inputs: Mapping[str, np.ndarray]) -> Arrays:
    if served.ensemble is None:
        return _run_network(served, served.model.name, inputs)
    first, then = served.ensemble.steps
    between = _run_network(served, first.model, {own: inputs[name] for own, name in first.inputs.items()})
    known = {**inputs, **{name: between[own] for own, name in first.outputs.items()}}
    outputs = _run_network(served, then.model, {own: known[name] for own, name in then.inputs.items()})
    return {name: outputs[own] for own, name in then.outputs.items()}


def _run_network(served: Served, name: str, inputs: Mapping[str, np.ndarray]) -> Arrays:
    network = served.bundle.manifest.networks[name]
    session = served.bundle.opened.sessions.of(name).session
    feed = {own: _inside(inputs[own], tensor) for own, tensor in network.inputs.items()}
    made = session.run(list(network.outputs), feed)
    return {own: _outside(array, network.outputs[own]) for own, array in zip(network.outputs, made, strict=True)}


def _inside(array: np.ndarray, tensor: Tensor) -> np.ndarray:
    """Of the shape that clients give, as the network takes it."""
    return array.reshape(array.shape[: len(tensor.axes)]) if len(tensor.axes) < 2 else array


def _outside(array: np.ndarray, tensor: Tensor) -> np.ndarray:
    return array.reshape(*array.shape, 1) if len(tensor.axes) < 2 else array
