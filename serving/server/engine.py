"""Results for requests, whichever protocol they come by."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Mapping

from serving.common.errors import InputError, require_integer
from serving.runtime.providers import CPU
from serving.server.answers import answer
from serving.server.batching.jobs import Job
from serving.server.batching.options import Batching
from serving.server.batching.scheduler import STOPPING_RETRY, Scheduler
from serving.server.batching.workers import Workers
from serving.server.catalogue import Catalogue, Served
from serving.server.checks import check
from serving.server.cores import cores
from serving.server.limits import Limits
from serving.server.observing import Observer
from serving.server.refusals import Reason, RefusedError
from serving.server.requests import Done, Post, Request, Ticket, Work
from serving.server.warming import warm_up

log = logging.getLogger(__name__)

THREADS_BESIDE_DEVICE = 2


class Engine:
    """Checks requests, computes them, and says when they are done. It opens the networks in a thread of its own, and is
    ready when each has been run; requests that come before wait.

    Args:
        catalogue: the models.
        limits: of one request and of all that wait.
        threads: batches that are computed at a time; by default as many as keep this process' cores busy, or two where
            networks run elsewhere than on the CPU: the rows of one are prepared while the other is computed.
        observer: is told of every request and batch.
        batching: how the rows of requests are joined.
        own: name of a network, `vae/decoder`, -> how its rows are joined instead.
        processes: that share the cores with this one, itself included.

    Raises:
        InputError: a number of threads below 1, or a network in `own` that is not served.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        limits: Limits,
        threads: int | None = None,
        observer: Observer | None = None,
        batching: Batching | None = None,
        own: Mapping[str, Batching] | None = None,
        processes: int = 1,
    ) -> None:
        require_integer(1, threads=1 if threads is None else threads, processes=processes)
        _check_own(catalogue, own or {})
        self.catalogue, self.limits = catalogue, limits
        self._observer = observer or Observer()
        self._threads, self._processes = threads, processes
        self._scheduler = Scheduler(limits, batching or Batching(), own or {}, self._too_late)
        self._workers: Workers | None = None
        self._warm = threading.Event()
        self._error: Exception | None = None
        self._stopping = False
        self._warming = threading.Thread(target=self._warm_up, name="warm-up", daemon=True)
        self._warming.start()

    def submit(self, request: Request, done: Done, post: Post | None = None) -> Ticket:
        """Accepts a request after it was checked whole.

        Args:
            request: what is asked.
            done: is called once, in another thread, with the Result or RefusedError; it must not block.
            post: takes the answers of a batch in one call, and sees to it that each `done` is called.

        Raises:
            RefusedError: INVALID, TOO_LARGE, FULL, LATE or STOPPING: it was not accepted, and `done` will not be
                called.
        """
        served = request.served
        try:
            checked = check(request, self.limits)
            job = Job(
                self._scheduler,
                served,
                checked.values,
                checked.rows,
                checked.shape,
                tuple(request.outputs),
                None,
                checked.bytes,
                self._deadline(request.deadline),
                request.client,
                done,
                post,
            )
            return self._accepted(job)
        except RefusedError as refusal:
            self._observer.refused(served, refusal.reason)
            raise

    def run(self, work: Work, done: Done, post: Post | None = None) -> Ticket:
        """As `submit`, for a call of the library; `done` is called with Made or RefusedError."""
        deadline, rows = self._deadline(work.deadline), max(1, math.ceil(work.rows))
        job = Job(self._scheduler, work.served, {}, rows, (), (), work, work.bytes, deadline, work.client, done, post)
        try:
            return self._accepted(job)
        except RefusedError as refusal:
            self._observer.refused(work.served, refusal.reason)
            raise

    @property
    def ready(self) -> bool:
        """Whether every network has been run once and requests are accepted."""
        return self._warm.is_set() and not self._stopping and self._error is None

    def wait_until_ready(self, seconds: float | None = None) -> bool:
        """Waits for the networks; whether they are ready in time.

        Raises:
            InputError: a network that is damaged or cannot be opened.
        """
        self._warm.wait(seconds)
        if self._error is not None:
            raise self._error
        return self.ready

    def reload(self, name: str) -> None:
        """Opens the bundle that lies at the place of a name now, and serves it when its networks have been run. What
        was accepted before is computed by the one that it replaces, of which nothing is kept afterwards.

        Raises:
            InputError: a bundle that cannot be opened; the one that was served is served further on.
        """
        bundle = self.catalogue.open(name)
        try:
            warm_up(bundle, self.catalogue.models_of(bundle), self._scheduler.measured)
        except InputError:
            self._scheduler.retire(bundle)
            raise
        before = self.catalogue.replace(bundle)
        if before is not None:
            self._scheduler.retire(before)
        log.info("%s is served in version %s.", name, bundle.version)

    def pending(self) -> dict[Served, int]:
        """How many requests are accepted and not answered, by model."""
        return self._scheduler.pending()

    def drain(self, seconds: float) -> bool:
        """Accepts no more, and waits for what was accepted; whether all of it was answered in time. What was not is
        refused as STOPPING."""
        self._stopping = True
        until = time.monotonic() + seconds
        left = self._scheduler.close(seconds)
        answer(left, self._observer, _stopping())
        self._scheduler.stop()
        self._warming.join(max(0.0, until - time.monotonic()))
        if self._workers is not None:
            self._workers.join(max(0.0, until - time.monotonic()))
        return not left

    def _accepted(self, job: Job) -> Ticket:
        self._scheduler.accept(job)
        return job

    def _deadline(self, given: float | None) -> float:
        latest = time.monotonic() + self.limits.seconds
        return latest if given is None else min(given, latest)

    def _warm_up(self) -> None:
        try:
            for bundle in self.catalogue.bundles.values():
                warm_up(bundle, self.catalogue.models_of(bundle), self._scheduler.measured)
            self._scheduler.workers = self._threads or self._threads_for()
            self._workers = Workers(self._scheduler, self._scheduler.workers, self._observer, self._answer)
        except Exception as error:
            self._error = error
            log.error("The server cannot get ready: %s", error)
            answer(self._scheduler.close(0.0), self._observer, _stopping())
            self._scheduler.stop()
        self._warm.set()

    def _threads_for(self) -> int:
        settings, bundles = self.catalogue.settings, self.catalogue.bundles.values()
        if any(bundle.manifest.networks and bundle.opened.execution.provider != CPU for bundle in bundles):
            return THREADS_BESIDE_DEVICE
        return max(1, cores() // self._processes // (settings.threads or 1))

    def _answer(self, jobs: list[Job]) -> None:
        answer(jobs, self._observer)

    def _too_late(self, jobs: list[Job]) -> None:
        answer(jobs, self._observer, RefusedError(Reason.LATE, "the deadline was over before the result was there"))


def _stopping() -> RefusedError:
    return RefusedError(Reason.STOPPING, "the server is shutting down", STOPPING_RETRY)


def _check_own(catalogue: Catalogue, own: Mapping[str, Batching]) -> None:
    known = {
        f"{bundle.name}/{network}" for bundle in catalogue.bundles.values() for network in bundle.manifest.networks
    }
    for name in own:
        if name not in known:
            raise InputError(f"how rows are joined must be said of networks that are served. Received: {name!r}.")
