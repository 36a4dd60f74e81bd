"""Rows of several requests through a network, and each one's share of what comes out."""

from __future__ import annotations

import logging

import numpy as np

from serving.bundle.names import NOISE
from serving.server.batching.jobs import Arrays, Part
from serving.server.batching.scheduler import Batch, Scheduler
from serving.server.catalogue import Bundle
from serving.server.plans import Kind, Stage
from serving.server.refusals import Reason, RefusedError

log = logging.getLogger(__name__)
# Rows of a batch are given away as they lie in it if they are at least this share of it: they hold all of its memory.
SHARE_IN_PLACE = 0.5


def compute(batch: Batch, scheduler: Scheduler) -> None:
    """Computes the rows of a batch, and puts them where their jobs have them. A part that fails says so; where several
    were computed together, each is tried once more by itself, so that only those fail that are the reason."""
    parts = batch.parts
    if len(parts) > 1 and batch.stage.kind is Kind.JOINED:
        try:
            _run(parts, batch, scheduler)
            return
        except Exception:  # ONNX Runtime's errors have no class of their own in common
            log.warning("%s could not be computed together. Each part is tried by itself.", _name(batch))
    for part in parts:
        if part.job.finished:
            continue
        try:
            _run([part], batch, scheduler)
        except Exception:
            log.exception("%s could not be computed.", _name(batch))
            part.error = RefusedError(Reason.FAILED, "the network could not be computed")


def run_stage(bundle: Bundle, stage: Stage, feed: Arrays, rows: int) -> Arrays:
    """What a network makes, by its own names.

    Raises:
        ValueError: outputs that have not a row for each of `rows`; nobody can tell whose they are.
    """
    runner = bundle.opened.sessions.of(stage.network, small=stage.network == NOISE)
    made = runner.every(feed, list(stage.outputs))
    if stage.kind is not Kind.WHOLE and any(array.shape[:1] != (rows,) for array in made):
        raise ValueError(f"outputs must have {rows} rows. Received: {[array.shape for array in made]}.")
    return dict(zip(stage.outputs, made, strict=True))


def _run(parts: list[Part], batch: Batch, scheduler: Scheduler) -> None:
    rows = sum(part.rows for part in parts)
    _share(parts, run_stage(batch.queue.bundle, batch.stage, _joined(parts, batch.stage), rows), scheduler)


def _name(batch: Batch) -> str:
    return f"{batch.queue.bundle.name}/{batch.queue.network}"


def _joined(parts: list[Part], stage: Stage) -> Arrays:
    if len(parts) == 1:
        return parts[0].feed(stage)
    feeds = [part.feed(stage) for part in parts]
    return {own: np.concatenate([feed[own] for feed in feeds]) for own in feeds[0]}


def _share(parts: list[Part], made: Arrays, scheduler: Scheduler) -> None:
    """Gives every part its rows of what was made."""
    if any(not part.whole for part in parts):
        scheduler.room(parts, made)
    start, rows = 0, sum(part.rows for part in parts)
    for part in parts:
        stop = start + part.rows
        job = part.job
        if job.finished:
            pass
        elif not part.whole:
            assert job.made is not None, "room was made"
            for own, array in made.items():
                job.made[own][part.start : part.stop] = array[start:stop]
        elif len(parts) == 1:
            job.made = made
        else:
            large = part.rows >= SHARE_IN_PLACE * rows
            job.made = {own: array[start:stop] if large else array[start:stop].copy() for own, array in made.items()}
        start = stop
