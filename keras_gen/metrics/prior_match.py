"""Whether the aggregate posterior, the distribution of the codes of all images, matches the prior."""

from __future__ import annotations

import numpy as np

from serving.common.errors import InputError
from serving.latents.distances import squared_distances

KERNEL_SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


def mmd(codes: np.ndarray, draws: np.ndarray) -> float:
    """Squared maximum mean discrepancy between two distributions, estimated without bias from draws of both.

    The kernel is a sum of seven inverse multiquadratic ones, `C / (C + |x - y|^2)`, which see differences of
    several sizes; C is 0.1, 0.2, 0.5, 1, 2, 5 and 10 times the mean squared distance between two draws of the prior,
    `2 * size * variance`.

    Args:
        codes: (n, size), n at least 2: codes of pictures, drawn from their posteriors where there are any.
        draws: (m, size), m at least 2, from the prior.

    Returns:
        0 in expectation where the distributions are equal, at most 14; scattered around 0 by sampling, so below 0 too.

    Raises:
        InputError: codes and draws of different sizes, or fewer than two.

    Source: Gretton et al. 2012, "A Kernel Two-Sample Test", equation 3; the kernel: Tolstikhin et al. 2018,
    "Wasserstein Auto-Encoders", section 4.
    """
    _check(codes, draws)
    scale = 2.0 * float(np.var(draws, axis=0, dtype=np.float64).sum())
    if scale == 0.0:
        raise InputError("draws from the prior must differ. Received: one point.")
    within = sum(_kernel_sum(x, x, scale, same=True) / (len(x) * (len(x) - 1)) for x in (codes, draws))
    return within - 2.0 * _kernel_sum(codes, draws, scale) / (len(codes) * len(draws))


def kolmogorov_smirnov(codes: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Largest distance between the cumulative distributions of codes and draws, in each dimension alone.

    Args:
        codes: (n, size), n at least 2: codes of pictures, drawn from their posteriors where there are any.
        draws: (m, size), m at least 2, from the prior.

    Returns:
        (size,), 0 to 1. Between equal distributions 5 % lie above `1.36 sqrt(1/n + 1/m)`.

    Raises:
        InputError: codes and draws of different sizes, or fewer than two.

    Source: Smirnov 1948, "Table for Estimating the Goodness of Fit of Empirical Distributions".
    """
    from scipy.stats import ks_2samp

    _check(codes, draws)
    pairs = zip(codes.T, draws.T, strict=True)
    return np.array([ks_2samp(code, draw, method="asymp").statistic for code, draw in pairs])


def _kernel_sum(points: np.ndarray, others: np.ndarray, scale: float, same: bool = False) -> float:
    """Sum of the kernel over all pairs; for the `same` set, over those of different points."""
    total = -float(len(points) * len(KERNEL_SCALES)) if same else 0.0
    for _, distances in squared_distances(points, others):
        for factor in KERNEL_SCALES:
            constant = factor * scale
            total += float((constant / (constant + distances)).sum())
    return total


def _check(codes: np.ndarray, draws: np.ndarray) -> None:
    if codes.ndim != 2 or codes.shape[1:] != draws.shape[1:] or min(len(codes), len(draws)) < 2:
        raise InputError(
            f"codes and draws must be at least two each, of one size. Received: shapes {codes.shape} and {draws.shape}."
        )
