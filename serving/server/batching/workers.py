"""Threads that compute."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from serving.common.errors import InputError
from serving.server.batching.computing import compute
from serving.server.batching.jobs import Job, Part
from serving.server.batching.pauses import pausing
from serving.server.batching.scheduler import Batch, Scheduler
from serving.server.observing import Observer
from serving.server.refusals import Reason, RefusedError

log = logging.getLogger(__name__)


class AbandonedError(Exception):
    """Nobody waits for a call of the library any more."""


class Workers:
    """Computes what the scheduler gives out.

    Args:
        scheduler: whose turn it is.
        threads: how many.
        observer: is told of every batch.
        answer: is given the jobs that have all of their outputs, or an error.
    """

    def __init__(
        self, scheduler: Scheduler, threads: int, observer: Observer, answer: Callable[[list[Job]], object]
    ) -> None:
        self._scheduler, self._observer, self._answer = scheduler, observer, answer
        self._threads = [
            threading.Thread(target=self._work, name=f"worker {number}", daemon=True) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def join(self, seconds: float) -> None:
        """Waits until each has computed what it computes, which may take longer than there is time."""
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _work(self) -> None:
        while (batch := self._scheduler.take()) is not None:
            try:
                self._compute(batch)
            except Exception:  # its requests are answered at their deadline, and all others go on
                log.exception("A batch was lost, which is a fault of this program.")
            del batch  # and its arrays, which would be held until there is another

    def _compute(self, batch: Batch) -> None:
        started = time.monotonic()
        if batch.parts[0].job.work is not None:
            seconds = self._call(batch, batch.parts[0])
        else:
            compute(batch, self._scheduler)
            seconds = time.monotonic() - started
        answered = self._scheduler.complete(batch, seconds)
        if answered:
            self._answer(answered)
        rows = sum(part.rows for part in batch.parts)
        try:
            self._observer.computed(batch.queue.bundle, batch.queue.network, rows, len(batch.parts), seconds)
        except Exception:  # who counts must not stop who computes
            log.exception("A batch could not be counted.")

    def _call(self, batch: Batch, part: Part) -> float:
        """A call of the library; the seconds that it took, without those of others in between."""
        job, bundle, work = part.job, batch.queue.bundle, part.job.work
        assert work is not None, "the job is a call"
        started, others = time.monotonic(), 0.0

        def between() -> None:
            nonlocal others
            if job.finished:
                raise AbandonedError
            began = time.monotonic()
            other = self._scheduler.take_between(batch, began - started - others)
            if other is not None:
                self._compute(other)
                others += time.monotonic() - began

        try:
            job.value = work.call(pausing(bundle.opened, between))
        except AbandonedError:
            pass
        except RefusedError as error:
            part.error = error
        except InputError as error:
            text = str(error).replace(str(bundle.opened.bundle), bundle.name)
            part.error = RefusedError(Reason.INVALID, text)
        except Exception:
            log.exception("A call for %s could not be computed.", job.served.name)
            part.error = RefusedError(Reason.FAILED, "the network could not be computed")
        return time.monotonic() - started - others
