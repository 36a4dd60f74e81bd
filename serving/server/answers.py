"""Outcomes on their way to those who asked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

import numpy as np

from serving.bundle.manifest import Tensor
from serving.server.batching.jobs import Job
from serving.server.observing import Observer
from serving.server.refusals import RefusedError
from serving.server.requests import Done, Made, Outcome, Post, Result

log = logging.getLogger(__name__)


def answer(jobs: Iterable[Job], observer: Observer, refusal: RefusedError | None = None) -> None:
    """Tells everybody who asked, and the observer.

    Args:
        jobs: that are finished and not answered.
        observer: is told too.
        refusal: why all of them have no result; by default each has its own, or an error.
    """
    together: dict[Post | None, list[tuple[Done, Outcome]]] = {}
    for job in jobs:
        outcome = refusal or job.error or _made(job)
        if isinstance(outcome, RefusedError):
            _tell(observer.refused, job.served, outcome.reason)
        else:
            _tell(observer.answered, job.served, job.rows, outcome.timing)
        together.setdefault(job.post, []).append((job.done, outcome))
    for post, answers in together.items():
        if post is not None:
            _tell(post, answers)
            continue
        for done, outcome in answers:
            _tell(done, outcome)


def _tell(who: Callable[..., object], *what: object) -> None:
    """What goes wrong where an answer arrives, such as in an event loop that was closed, is not for those behind it."""
    try:
        who(*what)
    except Exception:
        log.exception("An answer could not be given.")


def _made(job: Job) -> Result | Made:
    if job.work is not None:
        return Made(job.value, job.timing())
    made, tensors = job.outputs(), job.served.plan.outputs
    return Result({name: _outside(made[name], tensors[name]) for name in job.wanted or tensors}, job.timing())


def _outside(array: np.ndarray, tensor: Tensor) -> np.ndarray:
    """As clients get it: the protocol has no scalars, and labels are a column."""
    return array.reshape(*array.shape, 1) if len(tensor.axes) < 2 else array
