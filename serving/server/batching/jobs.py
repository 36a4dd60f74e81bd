"""A request on its way through the networks of its plan."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from serving.bundle.names import START, N
from serving.server.catalogue import Bundle, Served
from serving.server.plans import Kind, Stage
from serving.server.refusals import RefusedError
from serving.server.requests import Done, Post, Timing, Work

Arrays = dict[str, np.ndarray]


class Keeper(Protocol):
    """What jobs wait in: the scheduler."""

    def cancel(self, job: Job) -> None:
        """Lets go of a job."""


class Job:
    """What is known of a request that was accepted. Only the scheduler changes it, under its lock, but for the arrays
    that are written to by whoever computes.

    Args:
        scheduler: that it waits in.
        served: the model.
        values: name -> array, as the networks take it.
        rows: how many.
        shape: what must be equal for its rows to be joined with others.
        wanted: names of the outputs that are wanted; all where empty.
        work: the call of the library that it is instead, or None.
        size: of its inputs and outputs, in bytes.
        deadline: on `time.monotonic`'s clock.
        client: who asks.
        done: takes its outcome.
        post: passes that on.
    """

    def __init__(
        self,
        scheduler: Keeper,
        served: Served,
        values: Arrays,
        rows: int,
        shape: tuple[int, ...],
        wanted: tuple[str, ...],
        work: Work | None,
        size: int,
        deadline: float,
        client: str,
        done: Done,
        post: Post | None,
    ) -> None:
        self._scheduler = scheduler
        self.served, self.values, self.rows, self.shape = served, values, rows, shape
        self.wanted, self.work, self.size, self.deadline = wanted, work, size, deadline
        self.client, self.done, self.post = client, done, post
        self.submitted = self.entered = time.monotonic()
        self.stage = self.taken = self.running = self.largest = self.bucket = 0
        self.remaining = rows
        self.queued = 0.0
        self.finished = False
        self.made: Arrays | None = None
        self.value: Any = None
        self.error: RefusedError | None = None

    @property
    def bundle(self) -> Bundle:
        """That its networks are of."""
        return self.served.bundle

    @property
    def now(self) -> Stage:
        """The network that it waits for or that computes it."""
        return self.served.plan.stages[self.stage]

    @property
    def waiting(self) -> int:
        """Rows that nobody computes yet."""
        return self.rows - self.taken

    def cancel(self) -> None:
        """Frees its place at once. Its `done` is not called after this, unless its answer is on the way already."""
        self._scheduler.cancel(self)

    def next_stage(self) -> bool:
        """Goes on to the next network, where there is one, with what the last one made."""
        if self.work is not None or self.stage + 1 == len(self.served.plan.stages):
            return False
        self.values = {**self.values, **self.outputs()}
        self.stage += 1
        self.taken, self.remaining, self.made = 0, self.rows, None
        return True

    def outputs(self) -> Arrays:
        """What the network made, by the names of the plan."""
        assert self.made is not None, "the network was computed"
        return {name: self.made[own] for own, name in self.now.outputs.items()}

    def timing(self) -> Timing:
        """Its seconds until now."""
        return Timing(self.queued, time.monotonic() - self.submitted - self.queued, self.largest)


@dataclass(slots=True)
class Part:
    """Rows of a job that are computed together.

    Attributes:
        job: that they are of.
        start: the first of them.
        stop: the first behind them.
        error: why they could not be computed.
    """

    job: Job
    start: int
    stop: int
    error: RefusedError | None = None

    @property
    def rows(self) -> int:
        """How many."""
        return self.stop - self.start

    @property
    def whole(self) -> bool:
        """Whether they are all rows of the job."""
        return self.rows == self.job.rows

    def feed(self, stage: Stage) -> Arrays:
        """Their inputs, by the network's own names."""
        values = self.job.values
        feed = {own: values[name] for own, name in stage.inputs.items()}
        for name in stage.zeros:
            feed[name] = np.zeros((), np.int64)
        return feed if self.whole else self._cut(feed, stage)

    def _cut(self, feed: Arrays, stage: Stage) -> Arrays:
        cut = {own: array[self.start : self.stop] if own in stage.by_row else array for own, array in feed.items()}
        if stage.kind is Kind.DRAWN:
            cut[N] = np.array(self.rows, np.int64)
            cut[START] = np.array(feed[START] + self.start, np.int64)
        return cut
