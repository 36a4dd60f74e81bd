"""Comparing two ways of doing the same on a machine that others use too."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple


class Comparison(NamedTuple):
    """Medians over the rounds.

    Attributes:
        ours: seconds of ours.
        peer: seconds of the peer's.
        ratio: the peer's seconds over ours, the median of the ratios within each round: above 1, ours is faster.
    """

    ours: float
    peer: float
    ratio: float


def alternate(ours: Callable[[], object], peer: Callable[[], object], rounds: int) -> Comparison:
    """Times both in turn, the order swapped every round, after one untimed call of each."""
    ours()
    peer()
    pairs = []
    for index in range(rounds):
        if index % 2:
            second = _seconds(peer)
            pairs.append((_seconds(ours), second))
        else:
            pairs.append((_seconds(ours), _seconds(peer)))
    return Comparison(
        statistics.median(first for first, _ in pairs),
        statistics.median(second for _, second in pairs),
        statistics.median(second / first for first, second in pairs),
    )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
