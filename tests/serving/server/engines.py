"""Engines whose networks compute when a test says so."""

from __future__ import annotations

import queue
import threading
from contextlib import contextmanager

import numpy as np

from serving import Settings
from serving.runtime.runner import Runner
from serving.server.batching.options import Batching
from serving.server.catalogue import Catalogue
from serving.server.engine import Engine
from serving.server.limits import Limits
from serving.server.refusals import RefusedError
from serving.server.requests import Request

PATIENCE = 20.0
PATIENT = Batching(seconds=1e9)


class Answer:
    """Takes what `done` is called with, and counts the calls."""

    def __init__(self):
        self.outcomes = []
        self._there = threading.Event()

    def __call__(self, outcome):
        self.outcomes.append(outcome)
        self._there.set()

    @property
    def there(self):
        return self._there.is_set()

    def outcome(self):
        assert self._there.wait(PATIENCE), "no answer"
        return self.outcomes[0]

    def outputs(self):
        outcome = self.outcome()
        assert not isinstance(outcome, RefusedError), outcome
        return outcome.outputs

    def reason(self):
        return self.outcome().reason


class Gate(Runner):
    """A network that tells of every batch, and computes it when it is let through."""

    def __init__(self, runner):
        self.__dict__.update(runner.__dict__)
        self.batches = []
        self._began, self._open = queue.Queue(), threading.Semaphore(0)
        self._wide = False

    def every(self, feed, outputs):
        rows = max((len(array) for array in feed.values() if np.ndim(array)), default=1)
        self.batches.append(rows)
        self._began.put(rows)
        if not self._wide:
            assert self._open.acquire(timeout=PATIENCE), "the gate was never opened"
        return super().every(feed, outputs)

    def began(self):
        """Rows of the next batch that has begun."""
        return self._began.get(timeout=PATIENCE)

    def through(self):
        """Lets one batch through."""
        self._open.release()

    def open(self):
        """Lets everything through from now on."""
        self._wide = True
        for _ in range(1000):
            self._open.release()


def gated(catalogue, *names):
    """Puts a gate before networks, `bundle/network`, that are open."""
    gates = []
    for name in names:
        bundle, network = name.split("/")
        sessions = catalogue.bundles[bundle].opened.sessions
        gate, of = Gate(sessions.of(network, small=network == "noise")), sessions.of
        sessions.of = lambda other, small=False, of=of, gate=gate, network=network: (
            gate if other == network else of(other, small)
        )
        gates.append(gate)
    return gates[0] if len(gates) == 1 else gates


@contextmanager
def served(places, threads=1, limits=None, max_batch_size=None, **options):
    """An engine that is ready. However long a machine that is busy with other things takes, batches are not cut."""
    options.setdefault("batching", PATIENT)
    catalogue = Catalogue(places, Settings("cpu"), max_batch_size)
    engine = Engine(catalogue, limits or Limits(), threads, **options)
    try:
        assert engine.wait_until_ready(PATIENCE)
        yield engine
    finally:
        engine.drain(PATIENCE)


def ask(engine, name, inputs, **options):
    """Submits a request; its answer, whose `ticket` is that of the engine."""
    answer = Answer()
    post = options.pop("post", None)
    answer.ticket = engine.submit(Request(engine.catalogue.find(name), inputs, **options), answer, post)
    return answer
