"""How many modes of the data have samples, and how evenly. One sample is enough for a mode to count as found."""

from __future__ import annotations

import numpy as np

from serving.common.classes import class_labels
from serving.common.errors import InputError, require_at_least
from serving.latents.distances import squared_distances

DEVIATIONS = 3.0


def modes_found(labels: np.ndarray, modes: int, reference: np.ndarray | None = None) -> tuple[int, float]:
    """How many modes have at least one sample, and the divergence of the samples' modes from a reference.

        KL(p || q) = sum_k p_k log(p_k / q_k), p the shares of the samples

    Args:
        labels: (n,) integers, n at least 1: the mode that each sample was assigned to, as by a classifier.
        modes: how many there are.
        reference: (modes,) shares q, which sum to 1; equal ones by default.

    Returns:
        The count, at most `modes`, and the divergence in nats, at least 0; `log(modes)` where all samples are of one
        mode and the reference is even.

    Raises:
        InputError: no samples, labels that are no modes, or a reference without some mode that samples have.

    Source: Srivastava et al. 2017, "VEEGAN", section 4.1; Lin et al. 2018, "PacGAN", section 4.
    """
    require_at_least(1, modes=modes, samples=len(labels))
    counts = np.bincount(class_labels(len(labels), modes, labels), minlength=modes)
    expected = np.full(modes, 1.0 / modes) if reference is None else np.asarray(reference, np.float64)
    found = counts > 0
    if expected.shape != (modes,) or not abs(expected.sum() - 1) < 1e-6 or not (expected[found] > 0).all():
        raise InputError(
            f"`reference` must be {modes} shares that sum to 1, above 0 wherever there are samples. "
            f"Received: shape {expected.shape}, sum {expected.sum():g}."
        )
    shares = counts[found] / len(labels)
    return int(found.sum()), float((shares * np.log(shares / expected[found])).sum())


def near_centres(points: np.ndarray, centres: np.ndarray, deviation: float) -> tuple[np.ndarray, int]:
    """Which points lie within 3 standard deviations of a centre, and how many centres have such a point.

    Args:
        points: (n, d), n at least 1, finite.
        centres: (modes, d) of a mixture of Gaussians, finite.
        deviation: of each component along each axis.

    Returns:
        (n,) bool, whose mean is the share of high-quality samples; and the number of centres that are the nearest one
        of some such point.

    Raises:
        InputError: sizes that differ, no rows, rows that are not finite, or a deviation that is not above 0.

    Source: Srivastava et al. 2017, "VEEGAN", section 4.1; Lin et al. 2018, "PacGAN", section 4.
    """
    if points.ndim != 2 or points.shape[1:] != centres.shape[1:] or not min(len(points), len(centres)):
        raise InputError(f"points and centres must be rows of one size. Received: {points.shape} and {centres.shape}.")
    if not (np.isfinite(points).all() and np.isfinite(centres).all() and 0 < deviation < np.inf):
        raise InputError(f"points, centres and a deviation above 0 must be finite. Received: deviation {deviation}.")
    near, nearest = np.empty(len(points), bool), np.empty(len(points), np.int64)
    for rows, distances in squared_distances(points, centres):
        near[rows] = distances.min(axis=1) <= (DEVIATIONS * deviation) ** 2
        nearest[rows] = distances.argmin(axis=1)
    return near, len(np.unique(nearest[near]))
