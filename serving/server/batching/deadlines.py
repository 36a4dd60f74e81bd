"""When nobody waits for a request any more."""

from __future__ import annotations

import heapq

from serving.server.batching.jobs import Job

# Seconds: how late a deadline is noticed at most. Fewer are more work.
GRAIN = 0.02


class Deadlines:
    """Jobs by their deadline, in steps of 20 ms, so that adding and removing one takes as long, however many wait."""

    def __init__(self) -> None:
        self._jobs: dict[int, set[Job]] = {}
        self._order: list[int] = []

    def add(self, job: Job) -> None:
        """A job has a deadline from now on."""
        job.bucket = int(job.deadline / GRAIN) + 1
        if job.bucket not in self._jobs:
            self._jobs[job.bucket] = set()
            heapq.heappush(self._order, job.bucket)
        self._jobs[job.bucket].add(job)

    def remove(self, job: Job) -> None:
        """A job was answered."""
        jobs = self._jobs.get(job.bucket)
        if jobs is not None:
            jobs.discard(job)

    def due(self, now: float) -> list[Job]:
        """The jobs whose deadline is over, which are forgotten."""
        late: list[Job] = []
        while self._order and self._order[0] * GRAIN <= now:
            late += self._jobs.pop(heapq.heappop(self._order))
        return late

    @property
    def next(self) -> float | None:
        """When to look again."""
        while self._order and not self._jobs[self._order[0]]:
            del self._jobs[heapq.heappop(self._order)]
        return self._order[0] * GRAIN if self._order else None
