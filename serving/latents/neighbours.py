"""The nearest rows of a set, for example the training pictures that are most similar to a sample."""

from __future__ import annotations

import numpy as np

from serving.common.errors import InputError, require_at_least
from serving.latents.distances import squared_distances

# One grey level in units of pictures in [-1, 1].
GREY_LEVEL = 2 / 255
ROWS, COLUMNS = 1000, 5000


def nearest_neighbours(points: np.ndarray, references: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Finds the `k` nearest references of each point by Euclidean distance, in blocks of pairs.

    Args:
        points: (n, ...), any numbers: pictures, codes or features.
        references: (m, ...), rows of the same shape.
        k: number of neighbours.

    Returns:
        Indices of references, int64, and distances, float64, both (n, k), nearest first.

    Raises:
        InputError: rows differ in shape or are not finite, there are fewer than `k` references, or no points.
    """
    require_at_least(1, k=k)
    if points.ndim < 2 or points.shape[1:] != references.shape[1:]:
        raise InputError(f"neighbours must be rows of one shape. Received: {points.shape} and {references.shape}.")
    if len(references) < k or not len(points):
        raise InputError(
            f"{k} neighbours must be found for at least one row among at least {k}. "
            f"Received: {len(points)} and {len(references)}."
        )
    if not (np.isfinite(points).all() and np.isfinite(references).all()):
        raise InputError("rows must be finite to have neighbours. Received: nan or inf.")
    indices, distances = np.zeros((len(points), k), np.int64), np.full((len(points), k), np.inf)
    flat, others = points.reshape(len(points), -1), references.reshape(len(references), -1)
    for start in range(0, len(points), ROWS):
        for first in range(0, len(others), COLUMNS):
            for part, block in squared_distances(flat[start : start + ROWS], others[first : first + COLUMNS]):
                rows = slice(start + part.start, start + part.stop)
                _keep_nearest(indices[rows], distances[rows], block, first)
    return indices, np.sqrt(distances)


def _keep_nearest(indices: np.ndarray, distances: np.ndarray, block: np.ndarray, first: int) -> None:
    """Updates the nearest so far with a block of distances to the references from `first` on."""
    k = indices.shape[1]
    near = np.argpartition(block, min(k, block.shape[1]) - 1, axis=1)[:, :k]
    candidates = np.concatenate([distances, np.take_along_axis(block, near, axis=1)], axis=1)
    order = np.argsort(candidates, axis=1, kind="stable")[:, :k]
    distances[:] = np.take_along_axis(candidates, order, axis=1)
    indices[:] = np.take_along_axis(np.concatenate([indices, near + first], axis=1), order, axis=1)


def nearest_others(references: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Distances of rows to the nearest other row of the same set; 0 for a row that occurs twice.

    Args:
        references: (m, ...), m at least 2.
        count: number of rows to measure, drawn with the seed; at most m.
        seed: seed of the draw.

    Returns:
        (min(count, m),) float64.

    Raises:
        InputError: fewer than two rows, or rows that are not finite.
    """
    rows = np.random.default_rng(seed).permutation(len(references))[:count]
    # The nearest of all is the row itself.
    return nearest_neighbours(references[rows], references, k=2)[1][:, 1]
