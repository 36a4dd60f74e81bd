"""The inception score: samples should be classified with confidence, and into all classes."""

from __future__ import annotations

import numpy as np

from serving.common.errors import InputError, require_at_least

TOLERANCE = 1e-3


def class_score(probabilities: np.ndarray, splits: int = 10) -> tuple[float, float]:
    """`exp(E KL(p(y|x) || p(y)))`, p(y) the mean over a part of the samples, for consecutive parts of them.

    The score is 1 if all samples have the same probabilities, and the number of classes if every sample is classified
    with certainty and all classes are equally frequent. With few samples p(y) is imprecise and the score too low: only
    compare scores of equal numbers of samples.

    Args:
        probabilities: (n, classes) of samples in random order, or one class after the other; each row sums to 1.
        splits: parts, at most n.

    Returns:
        Mean and standard deviation over the parts (by `splits`, as in the source's program).

    Raises:
        InputError: rows that are no probabilities, or fewer than parts.

    Source: Salimans et al. 2016, "Improved Techniques for Training GANs", section 4.
    """
    require_at_least(1, splits=splits)
    check_probabilities(probabilities, least=splits)
    scores = []
    for part in np.array_split(probabilities.astype(np.float64), splits):
        marginal = np.broadcast_to(part.mean(axis=0), part.shape)
        ratio = np.divide(part, marginal, out=np.ones_like(part), where=part > 0)
        scores.append(np.exp((part * np.log(ratio)).sum(axis=1).mean()))
    return float(np.mean(scores)), float(np.std(scores))


def check_probabilities(probabilities: np.ndarray, least: int) -> None:
    """Raises InputError unless there are `least` rows or more of probabilities."""
    if probabilities.ndim != 2 or len(probabilities) < least:
        raise InputError(
            f"probabilities must be of at least {least} samples (n, classes). Received: {probabilities.shape}."
        )
    sums = probabilities.sum(axis=1, dtype=np.float64)
    if not (probabilities.min() >= 0 and np.abs(sums - 1).max() <= TOLERANCE):
        raise InputError(
            "probabilities must be at least 0 and sum to 1. "
            f"Received: from {probabilities.min():g}, sums {sums.min():g} to {sums.max():g}."
        )
