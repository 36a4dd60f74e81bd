"""Whose turn it is among the clients of a network."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from serving.server.batching.jobs import Job, Part

# A turn is at most this share of a batch, so that rows of several clients are in it.
TURNS = 4


class Clients:
    """Jobs that wait, by client. Clients take turns, and so do the jobs of one client that are too large for a turn."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, OrderedDict[Job, None]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def __iter__(self) -> Iterator[Job]:
        return (job for jobs in self._waiting.values() for job in jobs)

    def add(self, job: Job) -> None:
        """A job waits, behind the others of its client."""
        self._waiting.setdefault(job.client, OrderedDict())[job] = None

    def remove(self, job: Job) -> None:
        """A job does not wait any more; it may have none left to wait."""
        jobs = self._waiting.get(job.client)
        if jobs is not None and jobs.pop(job, self) is None and not jobs:
            del self._waiting[job.client]

    def next(self, work: bool = True) -> Job | None:
        """Whose turn it is, among those that are no calls of the library where `work` is not set."""
        heads = (next(iter(jobs)) for jobs in self._waiting.values())
        return next((job for job in heads if work or job.work is None), None)

    def take(self, first: Job, most: int, parted: bool) -> list[Part]:
        """Rows for a batch.

        Args:
            first: the job whose turn it is.
            most: rows, at least 1.
            parted: whether a job may be computed in parts. Otherwise each is taken whole, and the first one always.
        """
        if first.work is not None:
            return [self._taken(first, first.rows)]
        turn = -(-most // TURNS)
        parts: dict[Job, Part] = {}
        left, before = most, most + 1
        while 0 < left < before:
            before = left
            for client in list(self._waiting):
                job = next(iter(self._waiting[client]))
                rows = min(job.waiting, left, turn) if parted else job.waiting
                if job.work is not None or job.shape != first.shape or rows > left < most:
                    continue
                part = self._taken(job, rows)
                parts.setdefault(job, part).stop = part.stop
                left -= rows
                if left <= 0:
                    break
        return list(parts.values())

    def _taken(self, job: Job, rows: int) -> Part:
        """The next rows of a job. The turn goes to the next client, and within this one to its next job."""
        part = Part(job, job.taken, job.taken + rows)
        job.taken += rows
        jobs = self._waiting[job.client]
        if job.waiting:
            jobs.move_to_end(job)
        else:
            del jobs[job]
        if jobs:
            self._waiting.move_to_end(job.client)
        else:
            del self._waiting[job.client]
        return part
