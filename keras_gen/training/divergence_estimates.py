"""How far points are from a distribution, by counting them in the cells of a grid."""

from __future__ import annotations

import numpy as np

# Along an axis, in the square from -1 to 1; an odd number, so that no mode of the mixtures is on a border.
CELLS = 25
EDGES = np.linspace(-1.0, 1.0, CELLS + 1)
# What every cell counts in advance, so that an empty one has no infinite divergence.
SMOOTHING = 0.5


def cell_shares(points: np.ndarray) -> np.ndarray:
    """The share of points, (n, 2), in each of 25 by 25 cells of the square from -1 to 1, (25, 25), the first index
    along the first coordinate."""
    x, y = points.astype(np.float64).T
    return np.histogram2d(x, y, bins=[EDGES, EDGES])[0] / len(points)


def divergences(expected: np.ndarray, points: np.ndarray) -> tuple[float, float]:
    """Kullback-Leibler and Jensen-Shannon divergence of a distribution and points, in nats.

        KL(p || q) = sum_k p_k log(p_k / q_k),  JS(p, q) = (KL(p || m) + KL(q || m)) / 2,  m = (p + q) / 2

    In the first, q are the shares with 0.5 added to the count of every cell.

    Args:
        expected: shares p of the cells, (25, 25), as `cell_shares` gives them; what is missing from 1 is outside.
        points: (n, 2); those that are not finite are outside.

    Returns:
        Both, at least 0; the second at most log 2.
    """
    expected, shares = (
        _with_outside(expected),
        _with_outside(cell_shares(np.where(np.isfinite(points), points, np.inf))),
    )
    smooth = (shares * len(points) + SMOOTHING) / (len(points) + SMOOTHING * len(shares))
    middle = (expected + shares) / 2
    return _kl(expected, smooth), (_kl(expected, middle) + _kl(shares, middle)) / 2


def _with_outside(shares: np.ndarray) -> np.ndarray:
    """(626,), which sum to 1."""
    return np.append(shares.ravel(), max(0.0, 1.0 - shares.sum()))


def _kl(p: np.ndarray, q: np.ndarray) -> float:
    some = p > 0
    return max(0.0, float((p[some] * np.log(p[some] / q[some])).sum()))
