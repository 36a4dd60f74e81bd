"""The kernel distance (KID) between two sets of features, without an assumption about their distribution."""

from __future__ import annotations

import numpy as np

from keras_gen.metrics.feature_sets import check_features
from serving.common.errors import require_at_least


def kernel_distance(
    features: np.ndarray, others: np.ndarray, subset: int = 1000, subsets: int = 100, seed: int = 0
) -> tuple[float, float]:
    """Squared maximum mean discrepancy under `(x.y / d + 1)^3`, estimated without bias, averaged over random subsets.

        sum_{i != j} (k(x_i, x_j) + k(y_i, y_j)) / (s (s - 1)) - 2 mean_{i, j} k(x_i, y_j)

    Unlike the Fréchet distance it is 0 in expectation for equal distributions, whatever the number of rows, so that
    sets of different sizes can be compared. Estimates scatter around this value and can be negative.

    Args:
        features: (n, d), n at least `subset`.
        others: (m, d), m at least `subset`.
        subset: rows of each set in one estimate, at least 2.
        subsets: how many estimates, at least 2.
        seed: seed of the subsets.

    Returns:
        The mean over the subsets, and the standard error of that mean. The error is that of choosing subsets; other
        features of the same distributions scatter more, as subsets of one set share rows.

    Raises:
        InputError: widths that differ, fewer rows than a subset, features that are not finite, or fewer than two
            rows, subsets.

    Source: Binkowski et al. 2018, "Demystifying MMD GANs", section 3.3 and appendix C; the estimate: Gretton et al.
    2012, "A Kernel Two-Sample Test", equation 3.
    """
    require_at_least(2, subset=subset, subsets=subsets)
    require_at_least(0, seed=seed)
    check_features(features, others, least=subset)
    rng = np.random.default_rng(seed)
    estimates = np.empty(subsets)
    for index in range(subsets):
        x, y = (part[rng.choice(len(part), subset, replace=False)].astype(np.float64) for part in (features, others))
        estimates[index] = _within(x) + _within(y) - 2.0 * _kernel(x, y).mean()
    return float(estimates.mean()), float(estimates.std(ddof=1) / np.sqrt(subsets))


def _kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    base = x @ y.T / x.shape[1] + 1.0
    return base * base * base


def _within(x: np.ndarray) -> float:
    """Mean of the kernel over pairs of different rows."""
    kernel = _kernel(x, x)
    return float((kernel.sum() - np.trace(kernel)) / (len(x) * (len(x) - 1)))
