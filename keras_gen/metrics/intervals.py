"""Figures over several draws of samples: how much of a difference is chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import t

from keras_gen.metrics.figure import Figure
from serving.common.errors import InputError

COVERED = 0.95


def over_draws(draws: Sequence[Sequence[Figure]]) -> list[Figure]:
    """The mean of each figure over draws, with the interval that holds the expected value in 95 % of cases.

    The interval is Student's, of the mean of independent draws: it speaks of the draw of samples, and not of the
    training nor of the pictures that samples are compared with.

    Args:
        draws: at least two, each the same figures in the same order.

    Returns:
        The figures of the first draw with the mean as value, and `draws` and `95 % interval` among the settings.

    Raises:
        InputError: fewer than two draws.
    """
    if len(draws) < 2:
        raise InputError(f"an interval must be of at least 2 draws. Received: {len(draws)}.")
    return [_merged(figures) for figures in zip(*draws, strict=True)]


def _merged(figures: Sequence[Figure]) -> Figure:
    values = np.array([figure.value for figure in figures])
    half = t.ppf((1 + COVERED) / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    ends = [float(f"{end:.5g}") for end in (values.mean() - half, values.mean() + half)]
    settings = {**figures[0].settings, "draws": len(values), "95 % interval": ends}
    return replace(figures[0], value=float(values.mean()), settings=settings)
