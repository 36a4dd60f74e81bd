"""The Fréchet distance between two sets of features, each modelled as a normal distribution."""

from __future__ import annotations

import numpy as np

from keras_gen.metrics.feature_sets import check_features


def frechet_distance(features: np.ndarray, others: np.ndarray) -> float:
    """Squared Fréchet distance between the normal distributions with the means and covariances of two sets.

        |m_1 - m_2|^2 + tr(C_1 + C_2 - 2 (C_1 C_2)^(1/2))

    With `C = R'R`, R from a QR decomposition of the centred features, the last trace is the sum of the singular values
    of `R_1 R_2'`, which is real, not negative, and exact for singular covariances. The distance depends on the features
    and, since it is biased upwards, on the sizes of both sets: compare distances only if all of these are equal.

    Args:
        features: (n, d), n at least d + 1, so that the covariance is not singular.
        others: (m, d), likewise.

    Returns:
        At least 0, in squared units of the features.

    Raises:
        InputError: widths that differ, too few rows, or features that are not finite.

    Source: Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium",
    equation 6; Dowson & Landau 1982.
    """
    check_features(features, others, least=features.shape[-1] + 1)
    mean, root = _moments(features)
    other_mean, other_root = _moments(others)
    shared = np.linalg.svd(root @ other_root.T, compute_uv=False).sum()
    traces = np.square(root).sum() + np.square(other_root).sum()
    return max(0.0, float(np.square(mean - other_mean).sum() + traces - 2.0 * shared))


def _moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean, and the triangular R of the covariance `R'R`."""
    values = features.astype(np.float64)
    mean = values.mean(axis=0)
    return mean, np.asarray(np.linalg.qr((values - mean) / np.sqrt(len(values) - 1), mode="r"))
