from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import ks_2samp, kstwobign, norm

from keras_gen.metrics import kolmogorov_smirnov, mmd
from serving import InputError

SCALES = (0.1, 0.2, 0.5, 1, 2, 5, 10)


def written_out(x, y):
    """Equation 3 of Gretton et al. with every pair in memory."""
    base = 2 * y.var(axis=0).sum()

    def kernel(a, b):
        return sum(s * base / (s * base + cdist(a, b, "sqeuclidean")) for s in SCALES)

    n, m = len(x), len(y)
    xx, yy = kernel(x, x), kernel(y, y)
    return (
        (xx.sum() - np.trace(xx)) / (n * (n - 1)) + (yy.sum() - np.trace(yy)) / (m * (m - 1)) - 2 * kernel(x, y).mean()
    )


def test_mmd_is_the_sum_over_all_pairs(monkeypatch):
    rng = np.random.default_rng(0)
    x, y = rng.normal(0.3, 1.2, (70, 5)), rng.standard_normal((90, 5))
    assert mmd(x, y) == pytest.approx(written_out(x, y), rel=1e-12)
    monkeypatch.setattr("serving.latents.distances.BLOCK_ENTRIES", 1000)
    monkeypatch.setattr("serving.latents.distances.COLUMNS", 37)
    assert mmd(x, y) == pytest.approx(written_out(x, y), rel=1e-12)


def test_mmd_of_far_points_is_that_of_two_points():
    """Codes all in one point far from the draws -1 and 1, whose mean squared distance 2 is the unit of the scales."""
    codes, draws = np.full((3, 1), 1e9), np.array([[-1.0], [1.0]])
    assert mmd(codes, draws) == pytest.approx(len(SCALES) + sum(2 * s / (2 * s + 4) for s in SCALES), rel=1e-9)


def test_mmd_has_no_bias_and_sees_a_shift():
    rng = np.random.default_rng(1)
    equal = np.array([mmd(rng.standard_normal((50, 3)), rng.standard_normal((60, 3))) for _ in range(400)])
    assert abs(equal.mean()) < 5 * equal.std() / np.sqrt(len(equal))
    # Ten times as many points have a tenth of the deviation.
    assert mmd(rng.standard_normal((500, 3)) + 0.5, rng.standard_normal((500, 3))) > 5 * equal.std() / 10


def test_kolmogorov_smirnov_is_scipys_in_every_dimension():
    rng = np.random.default_rng(2)
    codes, draws = rng.normal(0, [1, 2, 0.1], (300, 3)), rng.standard_normal((500, 3))
    expected = [ks_2samp(codes[:, i], draws[:, i]).statistic for i in range(3)]
    np.testing.assert_allclose(kolmogorov_smirnov(codes, draws), expected, rtol=1e-12)


def test_kolmogorov_smirnov_approaches_the_distance_of_the_distributions():
    """Between N(0, 1) and N(1, 1): 2 Phi(1/2) - 1, at the middle between the means."""
    rng, n = np.random.default_rng(3), 20_000
    found = kolmogorov_smirnov(rng.standard_normal((n, 1)) + 1, rng.standard_normal((n, 1)))
    assert abs(found[0] - (2 * norm.cdf(0.5) - 1)) < kstwobign.isf(1e-6) * np.sqrt(2 / n)


@pytest.mark.parametrize("metric", [mmd, kolmogorov_smirnov])
def test_codes_that_cannot_be_compared_are_refused(metric):
    for codes, draws in (((4, 2), (4, 3)), ((1, 2), (4, 2)), ((4,), (4,))):
        with pytest.raises(InputError, match="at least two each, of one size"):
            metric(np.zeros(codes), np.ones(draws))
    with pytest.raises(InputError, match="must differ"):
        mmd(np.zeros((2, 2)), np.ones((2, 2)))
