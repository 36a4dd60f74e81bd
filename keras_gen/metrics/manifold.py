"""Precision and recall, density and coverage: quality and diversity as two separate figures.

The manifold of a set is the union of closed balls around its rows; the radius is the distance to the k-th nearest other
row of the set.
"""

from __future__ import annotations

import numpy as np

from keras_gen.metrics.feature_sets import check_features
from serving.common.errors import require_at_least
from serving.latents.distances import squared_distances


def precision_recall(
    features: np.ndarray, references: np.ndarray, k: int = 3, near: np.ndarray | None = None
) -> tuple[float, float]:
    """Share of samples on the manifold of the data (precision), and of data on the manifold of the samples (recall).

    Args:
        features: (n, d) of samples, n at least k + 1.
        references: (m, d) of data, m at least k + 1.
        k: which neighbour gives a ball its radius.
        near: `squared_distances_to_others(references, at least k)`, where more than one comparison needs them.

    Returns:
        Precision and recall, 0 to 1.

    Raises:
        InputError: widths that differ, too few rows, or features that are not finite.

    Source: Kynkäänniemi et al. 2019, "Improved Precision and Recall Metric for Assessing Generative Models",
    equations 1 and 2.
    """
    require_at_least(1, k=k)
    check_features(features, references, least=k + 1)
    data_radii, sample_radii = _radii(references, k, near), _radii(features, k, None)
    reached = np.zeros(len(references), bool)
    inside = 0
    for rows, distances in squared_distances(features, references):
        inside += int((distances <= data_radii).any(axis=1).sum())
        reached |= (distances <= sample_radii[rows, None]).any(axis=0)
    return inside / len(features), float(reached.mean())


def density_coverage(
    features: np.ndarray, references: np.ndarray, k: int = 5, near: np.ndarray | None = None
) -> tuple[float, float]:
    """In how many balls of the data a sample lies, over k; and the share of those balls that hold a sample.

    Unlike recall, coverage cannot be increased by an outlier among the samples; an outlier among the data adds only one
    ball to density.

    Args:
        features: (n, d) of samples, n at least k + 1.
        references: (m, d) of data, m at least k + 1.
        k: which neighbour gives a ball its radius.
        near: `squared_distances_to_others(references, at least k)`, where more than one comparison needs them.

    Returns:
        Density, at least 0, 1 in expectation for equal distributions; coverage, 0 to 1, then `1 - 2^-k` for n = m
        and many rows.

    Raises:
        InputError: widths that differ, too few rows, or features that are not finite.

    Source: Naeem et al. 2020, "Reliable Fidelity and Diversity Metrics for Generative Models", equations 3 and 4.
    """
    require_at_least(1, k=k)
    check_features(features, references, least=k + 1)
    radii = _radii(references, k, near)
    covered = np.zeros(len(references), bool)
    balls = 0
    for _, distances in squared_distances(features, references):
        inside = distances <= radii
        balls += int(inside.sum())
        covered |= inside.any(axis=0)
    return balls / (k * len(features)), float(covered.mean())


def squared_distances_to_others(points: np.ndarray, most: int) -> np.ndarray:
    """(n, most) squared distances of points, (n, d), to the nearest others, ascending; fewer of a few points."""
    most = max(0, min(most, len(points) - 1))
    nearest = np.empty((len(points), most))
    for rows, distances in squared_distances(points, points):
        distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = np.inf
        nearest[rows] = np.sort(np.partition(distances, most - 1, axis=1)[:, :most], axis=1)
    return nearest


def _radii(points: np.ndarray, k: int, near: np.ndarray | None) -> np.ndarray:
    """(n,) squared distances of points to their k-th nearest other point."""
    return (squared_distances_to_others(points, k) if near is None else near)[:, k - 1]
