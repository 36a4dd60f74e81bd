"""Squared distances between all pairs of two sets, computed in blocks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

BLOCK_ENTRIES = 5_000_000
COLUMNS = 1000


def squared_distances(points: np.ndarray, others: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields rows of the matrix of squared distances, as many at a time as fit into 40 MB.

    Computed as `|x|^2 + |y|^2 - 2 x.y` in float64, whose rounding is about 1e-15 of the squared norms.

    Args:
        points: (n, size), any type.
        others: (m, size).

    Yields:
        The slice of the points, and their squared distances, float64 (rows, m), at least 0.
    """
    rows = max(1, min(COLUMNS, BLOCK_ENTRIES // max(1, len(others))))
    for start in range(0, len(points), rows):
        some = points[start : start + rows].astype(np.float64)
        distances = np.empty((len(some), len(others)))
        for column in range(0, len(others), COLUMNS):
            them = others[column : column + COLUMNS].astype(np.float64)
            block = distances[:, column : column + COLUMNS]
            np.matmul(some, -2.0 * them.T, out=block)
            block += np.square(some).sum(axis=1)[:, None] + np.square(them).sum(axis=1)
        yield slice(start, start + len(some)), np.maximum(distances, 0.0, out=distances)
