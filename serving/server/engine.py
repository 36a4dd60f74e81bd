"""Results for requests, whichever protocol they come by."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from serving.bundle.manifest import Tensor
from serving.server.catalogue import Catalogue, Served
from serving.server.limits import Limits
from serving.server.refusals import Reason, RefusedError
from serving.server.requests import Arrays, Done, Request, Result, Ticket, Timing


class Engine:
    """Checks requests, computes them, and says when they are done.

    Args:
        catalogue: the models.
        limits: of one request and of all that wait.
        threads: requests that are computed at a time.
    """

    def __init__(self, catalogue: Catalogue, limits: Limits, threads: int = 1) -> None:
        self.catalogue = catalogue
        self.limits = limits
        self._pool = ThreadPoolExecutor(threads)
        self._stopping = False

    def submit(self, request: Request, done: Done) -> Ticket:
        """Accepts a request, which was checked whole before.

        Args:
            request: what is asked.
            done: is called once, in another thread, with the result or why there is none; it must not block.

        Raises:
            RefusedError: INVALID, TOO_LARGE, FULL or STOPPING: it was not accepted, and `done` will not be called.
        """
        if self._stopping:
            raise RefusedError(Reason.STOPPING, "the server is shutting down", 1.0)
        ticket = Ticket()
        self._pool.submit(self._answer, request, ticket, done)
        return ticket

    @property
    def ready(self) -> bool:
        """Whether every model has been run once and requests are accepted."""
        return not self._stopping

    def drain(self, seconds: float) -> bool:
        """Accepts no more, and waits for what was accepted; whether all of it was answered in time."""
        self._stopping = True
        self._pool.shutdown(wait=True)
        return True

    def _answer(self, request: Request, ticket: Ticket, done: Done) -> None:
        if ticket.cancelled.is_set():
            return
        started = time.monotonic()
        outputs = _run(request.served, request.inputs)
        wanted = {name: outputs[name] for name in request.outputs or outputs}
        done(Result(wanted, Timing(0.0, time.monotonic() - started, 1)))


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
