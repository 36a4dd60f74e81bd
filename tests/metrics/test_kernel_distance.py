from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics.pairwise import polynomial_kernel

from keras_gen.metrics import kernel_distance
from serving import InputError


def written_out(x, y):
    """The unbiased estimate with scikit-learn's kernel and the diagonals left out one by one."""
    n = len(x)
    kernels = {name: polynomial_kernel(a, b) for name, (a, b) in {"xx": (x, x), "yy": (y, y), "xy": (x, y)}.items()}
    within = sum(k[i, j] for name, k in kernels.items() if name != "xy" for i in range(n) for j in range(n) if i != j)
    return within / (n * (n - 1)) - 2 * kernels["xy"].mean()


def test_one_subset_of_everything_is_the_estimate_over_all_pairs():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 4)), rng.normal(0.5, 1.3, size=(20, 4))
    value, error = kernel_distance(x, y, subset=20, subsets=2)
    assert value == pytest.approx(written_out(x, y), rel=1e-10)
    assert error == pytest.approx(0, abs=1e-12)  # all subsets are the whole


def test_two_points_have_a_closed_form():
    """x = 0 and 2, y = 1 and 1: k(0, 2) = 1, k(1, 1) = 8, k(0, 1) = 1, k(2, 1) = 27."""
    assert kernel_distance(np.array([[0.0], [2.0]]), np.ones((2, 1)), 2, 2)[0] == 1 + 8 - 2 * (1 + 1 + 27 + 27) / 4


def test_equal_distributions_are_at_zero_and_others_are_not():
    rng = np.random.default_rng(1)
    values = [
        kernel_distance(rng.normal(size=(40, 3)), rng.normal(size=(60, 3)), subset=40, subsets=5)[0] for _ in range(300)
    ]
    assert abs(np.mean(values)) < 5 * np.std(values) / np.sqrt(len(values))
    assert kernel_distance(rng.normal(size=(40, 3)) + 2, rng.normal(size=(60, 3)), 40, 5)[0] > 5 * np.std(values)


def test_the_error_is_how_other_subsets_scatter():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(200, 3)), rng.normal(0.5, 1, size=(200, 3))
    means, errors = np.array([kernel_distance(x, y, 20, 30, seed) for seed in range(200)]).T
    assert means.std(ddof=1) == pytest.approx(np.sqrt(np.square(errors).mean()), rel=0.25)  # 5 deviations
    assert kernel_distance(x, y, 20, 30, 7) == (means[7], errors[7])


def test_mistakes_are_named():
    draws = np.random.default_rng(0).normal(size=(5, 4))
    cases = [
        ((draws, draws[:4], 5), "features of width 4 must be at least 5 of each set. Received: 5 and 4"),
        ((draws, draws[:, :3], 5), "one width"),
        ((draws, np.where(draws > 0, draws, np.inf), 5), "finite"),
        ((draws, draws, 1), "`subset` must be at least 2"),
        ((draws, draws, 5, 1), "`subsets` must be at least 2"),
        ((draws, draws, 5, 2, -1), "`seed` must be at least 0"),
    ]
    for arguments, message in cases:
        with pytest.raises(InputError, match=message):
            kernel_distance(*arguments)
