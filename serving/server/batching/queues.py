"""What waits for one network of a bundle."""

from __future__ import annotations

import math
import time

from serving.bundle.names import LATENT
from serving.sampler import NUMBERS_AHEAD
from serving.server.batching.clients import Clients
from serving.server.batching.jobs import Job, Part
from serving.server.batching.options import Batching
from serving.server.catalogue import Bundle
from serving.server.plans import Kind, Stage
from serving.translation import Translator

# Of what a batch took, in what is expected of the next one.
NEWEST = 0.2
# A batch is shared among workers that have nothing to do if each then has work for at least so many seconds.
WORTH_SHARING = 0.001


class NetworkQueue:
    """Jobs that wait for a network, how long its rows take, and what it had of the machine.

    Args:
        bundle: that the network is of.
        stage: of a plan that it is in.
        batching: how its rows are joined.
    """

    def __init__(self, bundle: Bundle, stage: Stage, batching: Batching) -> None:
        self.bundle, self.network, self.kind = bundle, stage.network, stage.kind
        self.batching = batching
        self.clients = Clients()
        self.most = self._most(batching.rows or stage.rows)
        self.running = 0
        self.waiting = 0.0  # units: rows of the manifest's own size
        self.reserved: dict[str, int] = {}  # client -> rows that wait or will
        self.held = 0  # of all clients
        self.used = 0.0  # seconds of the machine, and those that it slept through
        self.rate = 0.0  # seconds of a unit

    def _most(self, rows: int) -> int:
        """Latents are small: many more of them are drawn at a time than pictures made."""
        if self.kind is not Kind.DRAWN:
            return rows
        axes = self.bundle.manifest.networks[self.network].outputs.get(LATENT)
        return max(rows, NUMBERS_AHEAD // int(axes.axes[1])) if axes and len(axes.axes) == 2 else rows

    def add(self, job: Job) -> None:
        """A job waits for this network."""
        job.entered = time.monotonic()
        self.clients.add(job)
        self.waiting += self.units(job, job.rows)

    def remove(self, job: Job) -> None:
        """A job does not wait any more."""
        self.clients.remove(job)
        self.waiting -= self.units(job, job.waiting)
        self._settle()

    def take(self, first: Job, workers: int) -> list[Part]:
        """Rows for a batch.

        Args:
            first: the job whose turn it is.
            workers: that could compute now.
        """
        most = self._rows_for(first, workers)
        parts = self.clients.take(first, most, self.kind is not Kind.WHOLE)
        self.running += 1
        now = time.monotonic()
        for part in parts:
            job = part.job
            self.waiting -= self.units(job, part.rows)
            self.reserve(job.client, -part.rows)
            job.running += 1
            if part.start == 0:
                job.queued += now - job.entered
        self._settle()
        return parts

    def ripe_at(self, first: Job) -> float:
        """When a batch may begin: at once if it is full or if none of this network is computed, or after a time."""
        full = self.waiting >= self.most or first.work is not None or self.kind is not Kind.JOINED
        return 0.0 if full or first.taken or not self.running else first.entered + self.batching.wait

    def reserve(self, client: str, rows: int) -> None:
        """Rows of a client will wait here, or do not wait any more."""
        self.held += rows
        left = self.reserved.get(client, 0) + rows
        if left:
            self.reserved[client] = left
        else:
            self.reserved.pop(client, None)

    def units(self, job: Job, rows: int) -> float:
        """How much work rows are, in rows of pictures of the manifest's own size."""
        if job.work is not None:
            return job.work.rows
        if not job.shape:
            return rows
        image = self.bundle.manifest.image
        return rows * math.prod(job.shape) / (image.height * image.width)

    def seconds(self, parts: list[Part]) -> float:
        """That a batch is expected to take."""
        return self.rate * sum(self.units(part.job, part.rows) for part in parts)

    def measured(self, parts: list[Part], seconds: float) -> None:
        """What a batch took."""
        rate = seconds / max(1e-9, sum(self.units(part.job, part.rows) for part in parts))
        self.rate = rate if not self.rate else self.rate + NEWEST * (rate - self.rate)

    def _rows_for(self, first: Job, workers: int) -> int:
        """Rows of a batch: no more than are fast together, than there is time for, and than is this worker's share."""
        most, each = self.most, self.rate * self.units(first, 1)
        if isinstance(self.bundle.opened, Translator) and len(first.shape) == 2:
            most = min(most, self.bundle.opened.at_once(*first.shape))
        if each and self.kind is not Kind.WHOLE:
            waiting = math.ceil(self.waiting / self.units(first, 1))
            if workers > 1 and waiting * each >= workers * WORTH_SHARING:
                most = min(most, -(-waiting // workers))
            most = min(most, max(1, int(self.batching.seconds / each)))
        return most

    def _settle(self) -> None:
        if not self.clients:
            self.waiting = 0.0  # free of what adding and subtracting left
