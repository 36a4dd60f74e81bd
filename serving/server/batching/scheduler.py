"""Which rows are computed next, and what becomes of requests meanwhile. One lock holds all of it."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from serving.server.batching.deadlines import Deadlines
from serving.server.batching.jobs import Arrays, Job, Part
from serving.server.batching.options import Batching
from serving.server.batching.queues import NetworkQueue
from serving.server.catalogue import Bundle, Served
from serving.server.limits import Limits
from serving.server.plans import Stage
from serving.server.refusals import Reason, RefusedError

log = logging.getLogger(__name__)
SHORTEST_RETRY, STOPPING_RETRY = 0.1, 1.0
# Of what a queue may hold, what one client may take of it.
CLIENT_SHARE = 0.5


@dataclass(slots=True)
class Batch:
    """Rows that one worker computes now.

    Attributes:
        queue: that they waited in.
        stage: the network.
        parts: whose rows they are.
        charged: seconds that the network was charged for them.
    """

    queue: NetworkQueue
    stage: Stage
    parts: list[Part]
    charged: float


class Scheduler:
    """Shares the workers among networks by the time that each was computed (start-time fair queueing: Goyal, Vin and
    Cheng 1996), and the batches of a network among its clients in turns.

    Args:
        limits: of what waits.
        batching: how rows are joined.
        own: model -> how those of this network are joined.
        late: is given the jobs whose deadline is over, in a thread of its own.

    Attributes:
        workers: that compute, for how long something will take.
    """

    def __init__(
        self,
        limits: Limits,
        batching: Batching,
        own: Mapping[str, Batching],
        late: Callable[[list[Job]], object],
    ) -> None:
        self.limits = limits
        self.workers = 1
        self._batching, self._own = batching, own
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        self._watch = threading.Condition(self._lock)
        self._empty = threading.Condition(self._lock)
        self._queues: dict[tuple[Bundle, str], NetworkQueue] = {}
        self._retired: weakref.WeakSet[Bundle] = weakref.WeakSet()
        self._accepted: set[Job] = set()
        self._deadlines = Deadlines()
        self._watched = 0.0  # until when the thread of deadlines sleeps
        self._bytes = 0
        self._idle = 0
        self._clock = 0.0  # of fair queueing: what those have used that had least, among those that wait
        self._closed = self._stopped = False
        self._late = late
        self._watcher = threading.Thread(target=self._watch_deadlines, name="deadlines", daemon=True)
        self._watcher.start()

    def accept(self, job: Job) -> None:
        """A job waits for its first network from now on.

        Raises:
            RefusedError: FULL, LATE or STOPPING.
        """
        with self._lock:
            if self._closed:
                raise RefusedError(Reason.STOPPING, "the server is shutting down", STOPPING_RETRY)
            queues = [self._queue(job.bundle, stage) for stage in self._stages(job)]
            self._check_room(job, queues)
            for queue in queues:
                queue.reserve(job.client, job.rows)
            self._bytes += job.size
            self._accepted.add(job)
            self._deadlines.add(job)
            if job.deadline < self._watched:
                self._watch.notify()
            self._enter(job, queues[0])

    def take(self) -> Batch | None:
        """The next batch; waits until there is one. None when there will be none any more."""
        with self._lock:
            while not self._stopped:
                now = time.monotonic()
                batch, later = self._next(now)
                if batch is not None:
                    return batch
                self._idle += 1
                self._work.wait(None if later is None else max(0.0, later - now))
                self._idle -= 1
            return None

    def take_between(self, of: Batch, seconds: float) -> Batch | None:
        """A batch to compute between two parts of a call of the library, where its network has had more than others.

        Args:
            of: the call.
            seconds: that it took until now.
        """
        with self._lock:
            self._charge(of, seconds)
            return self._next(time.monotonic(), work=False, most=of.queue.used)[0]

    def room(self, parts: Iterable[Part], made: Arrays) -> None:
        """Sees to it that jobs which are computed in parts have arrays for all of their rows.

        Args:
            parts: of a batch.
            made: its outputs.
        """
        with self._lock:
            for part in parts:
                if not part.whole and part.job.made is None:
                    part.job.made = {
                        own: np.empty((part.job.rows, *array.shape[1:]), array.dtype) for own, array in made.items()
                    }

    def complete(self, batch: Batch, seconds: float) -> list[Job]:
        """A batch was computed, and its outputs are where they belong.

        Args:
            batch: that was taken.
            seconds: that it took.

        Returns:
            The jobs that have all of their outputs, or an error; they are to be answered.
        """
        answered = []
        with self._lock:
            queue = batch.queue
            queue.running -= 1
            rows = sum(part.rows for part in batch.parts)
            self._charge(batch, seconds)
            queue.measured(batch.parts, seconds)
            for part in batch.parts:
                job = part.job
                job.running -= 1
                job.remaining -= part.rows
                job.largest = max(job.largest, rows)
                if job.finished:
                    self._let_go(job)
                elif part.error is None and not job.remaining and job.next_stage():
                    self._enter(job, self._queue(job.bundle, job.now))
                elif part.error is not None or not job.remaining:
                    job.error = part.error
                    self._finish(job)
                    answered.append(job)
            if queue.clients and self._idle:
                self._work.notify()
            if self._retired:
                self._sweep()
        return answered

    def cancel(self, job: Job) -> None:
        """Nobody waits for a job any more."""
        with self._lock:
            if not job.finished:
                self._finish(job)

    def measured(self, bundle: Bundle, stage: Stage, seconds: float) -> None:
        """A network was run once for one row of the manifest's own size, before anybody asked."""
        with self._lock:
            self._queue(bundle, stage).rate = seconds

    def retire(self, bundle: Bundle) -> None:
        """A bundle is not served any more: what it has accepted is computed, and then nothing of it is kept."""
        with self._lock:
            self._retired.add(bundle)
            self._sweep()

    def pending(self) -> dict[Served, int]:
        """How many requests are accepted and not answered, by model."""
        with self._lock:
            counts: dict[Served, int] = {}
            for job in self._accepted:
                counts[job.served] = counts.get(job.served, 0) + 1
            return counts

    def close(self, seconds: float) -> list[Job]:
        """Accepts no more, and waits until all is answered; what is not in time is finished, and given back."""
        with self._lock:
            self._closed = True
            self._empty.wait_for(lambda: not self._accepted, seconds)
            left = list(self._accepted)
            for job in left:
                self._finish(job)
            return left

    def stop(self) -> None:
        """No worker is given a batch any more."""
        with self._lock:
            self._stopped = True
            self._work.notify_all()
            self._watch.notify_all()
        if threading.current_thread() is not self._watcher:
            self._watcher.join()

    def _stages(self, job: Job) -> tuple[Stage, ...]:
        return (job.now,) if job.work is not None else job.served.plan.stages

    def _queue(self, bundle: Bundle, stage: Stage) -> NetworkQueue:
        key = bundle, stage.network
        if key not in self._queues:
            own = self._own.get(f"{bundle.name}/{stage.network}", self._batching)
            self._queues[key] = NetworkQueue(bundle, stage, own)
        return self._queues[key]

    def _check_room(self, job: Job, queues: list[NetworkQueue]) -> None:
        now = time.monotonic()
        if job.deadline <= now:
            raise RefusedError(Reason.LATE, "the deadline was over when the request came")
        most = self.limits.queued_rows
        if self._bytes and self._bytes + job.size > self.limits.queued_bytes:
            raise self._full(queues)
        for queue in queues:
            held, own = queue.held, queue.reserved.get(job.client, 0)
            if (held and held + job.rows > most) or (own and own + job.rows > most * CLIENT_SHARE):
                raise self._full(queues)
        wait = self._seconds_until_free(queues)
        if wait > job.deadline - now:
            raise self._full(queues)

    def _full(self, queues: list[NetworkQueue]) -> RefusedError:
        seconds = max(SHORTEST_RETRY, self._seconds_until_free(queues))
        return RefusedError(Reason.FULL, "the server has as many requests as it can hold", seconds)

    def _seconds_until_free(self, queues: list[NetworkQueue]) -> float:
        """In which what waits for some networks is expected to be computed, beside what waits for others."""
        own = sum(queue.waiting * queue.rate for queue in queues)
        if not own:
            return 0.0
        each = [queue.waiting * queue.rate for queue in self._queues.values() if queue.clients]
        return min(sum(each), own * max(1, len(each))) / self.workers

    def _enter(self, job: Job, queue: NetworkQueue) -> None:
        if not queue.clients and not queue.running:
            queue.used = max(queue.used, self._clock)
        queue.add(job)
        if self._idle:
            self._work.notify()

    def _next(self, now: float, work: bool = True, most: float = np.inf) -> tuple[Batch | None, float | None]:
        """The batch whose turn it is, or when to look again.

        Args:
            now: the time.
            work: whether calls of the library come into question.
            most: seconds that its network may have used.
        """
        best: tuple[float, NetworkQueue, Job] | None = None
        others, later = 0, None
        for queue in self._queues.values():
            first = queue.clients.next(work) if queue.clients else None
            if first is None or queue.used > most:
                continue
            ripe = queue.ripe_at(first)
            if ripe > now:
                later = ripe if later is None else min(later, ripe)
                continue
            others += 1
            if best is None or queue.used < best[0]:
                best = queue.used, queue, first
        if best is None:
            return None, later
        used, queue, first = best
        self._clock = max(self._clock, used)
        return self._batch(queue, first, 1 if others > 1 else 1 + self._idle), later

    def _batch(self, queue: NetworkQueue, first: Job, workers: int) -> Batch:
        stage = first.now
        batch = Batch(queue, stage, queue.take(first, workers), 0.0)
        self._charge(batch, queue.seconds(batch.parts))
        if queue.clients and self._idle:
            self._work.notify()
        return batch

    def _charge(self, batch: Batch, seconds: float) -> None:
        batch.queue.used += seconds - batch.charged
        batch.charged = seconds

    def _finish(self, job: Job) -> None:
        """A job is answered, or nobody waits for it: it is in no queue any more."""
        job.finished = True
        self._accepted.discard(job)
        self._deadlines.remove(job)
        for stage in self._stages(job)[job.stage + 1 :]:
            self._queue(job.bundle, stage).reserve(job.client, -job.rows)
        if job.waiting:
            queue = self._queue(job.bundle, job.now)
            queue.remove(job)
            queue.reserve(job.client, -job.waiting)
        self._let_go(job)
        if not self._accepted:
            self._empty.notify_all()
        if self._retired:
            self._sweep()

    def _let_go(self, job: Job) -> None:
        """The memory of a finished job is free when nobody computes it any more."""
        if not job.running:
            self._bytes -= job.size

    def _sweep(self) -> None:
        for key, queue in list(self._queues.items()):
            if queue.bundle in self._retired and not queue.reserved and not queue.running:
                del self._queues[key]

    def _watch_deadlines(self) -> None:
        while True:
            with self._lock:
                if self._stopped:
                    return
                late = [job for job in self._deadlines.due(time.monotonic()) if not job.finished]
                for job in late:
                    self._finish(job)
                if not late:
                    after = self._deadlines.next
                    self._watched = np.inf if after is None else after
                    self._watch.wait(None if after is None else max(0.001, after - time.monotonic()))
                    self._watched = 0.0
            if late:
                self._late(late)
