from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import sqrtm

from keras_gen.metrics import frechet_distance
from serving import InputError


def with_moments(mean, covariance, n, rng):
    """(n, d) whose sample mean and covariance are exactly these."""
    draws = rng.standard_normal((n, len(mean)))
    draws -= draws.mean(axis=0)
    whitened = draws @ np.linalg.inv(np.linalg.cholesky(np.cov(draws, rowvar=False))).T
    return mean + whitened @ np.linalg.cholesky(covariance).T


def test_equal_sets_and_shifted_ones():
    features = np.random.default_rng(0).normal(3, 2, (200, 16))
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-11)
    shift = np.linspace(-1, 2, 16)
    assert frechet_distance(features, features + shift) == pytest.approx((shift**2).sum(), rel=1e-11)


def test_diagonal_gaussians_have_a_closed_form():
    """|m_1 - m_2|^2 + sum (s_1 - s_2)^2, one deviation of zero included."""
    rng = np.random.default_rng(1)
    means, deviations = rng.normal(size=(2, 5)), np.array([[1, 2, 0.5, 3, 1e-9], [2, 2, 1.5, 0.1, 1]])
    sets = [with_moments(m, np.diag(s**2), n, rng) for m, s, n in zip(means, deviations, (50, 80), strict=True)]
    expected = np.square(means[0] - means[1]).sum() + np.square(deviations[0] - deviations[1]).sum()
    assert frechet_distance(*sets) == pytest.approx(expected, rel=1e-9)


def test_full_covariances_agree_with_the_matrix_root():
    rng = np.random.default_rng(2)
    mixing = rng.normal(size=(2, 6, 6))
    sets = [with_moments(rng.normal(size=6), m @ m.T, 60, rng) for m in mixing]
    covariances = [np.cov(s, rowvar=False) for s in sets]
    means = [s.mean(axis=0) for s in sets]
    root = sqrtm(covariances[0] @ covariances[1])
    expected = np.square(means[0] - means[1]).sum() + np.trace(covariances[0] + covariances[1] - 2 * root.real)
    assert frechet_distance(*sets) == pytest.approx(expected, rel=1e-8)
    assert frechet_distance(*sets[::-1]) == pytest.approx(expected, rel=1e-8)


def test_features_that_are_always_zero_change_nothing():
    """Units that rectify everything away leave covariances singular."""
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(100, 4)), rng.normal(1, 2, size=(100, 4))
    padded = [np.pad(part, ((0, 0), (0, 20))) for part in (a, b)]
    assert frechet_distance(*padded) == pytest.approx(frechet_distance(a, b), rel=1e-9)


def test_float32_features_are_measured_in_float64():
    rng = np.random.default_rng(4)
    a, b = (rng.normal(100, 1, (50, 3)).astype(np.float32) for _ in range(2))
    assert frechet_distance(a, b) == frechet_distance(a.astype(np.float64), b.astype(np.float64))


def test_mistakes_are_named():
    draws = np.random.default_rng(0).normal(size=(5, 4))
    with pytest.raises(InputError, match="features of width 4 must be at least 5 of each set. Received: 5 and 4"):
        frechet_distance(draws, draws[:4])
    with pytest.raises(InputError, match="one width"):
        frechet_distance(draws, draws[:, :3])
    with pytest.raises(InputError, match="finite"):
        frechet_distance(draws, np.where(draws > 0, draws, np.nan))
