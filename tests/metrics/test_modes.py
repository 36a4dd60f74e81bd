from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import entropy

from keras_gen.metrics import modes_found, near_centres
from serving import InputError


def test_modes_are_counted_and_compared_with_even_shares():
    assert modes_found(np.arange(1000), 1000) == (1000, pytest.approx(0, abs=1e-12))
    assert modes_found(np.zeros(7, np.int64), 1000) == (1, pytest.approx(np.log(1000)))
    labels = np.array([0, 0, 0, 2, 2, 4])
    assert modes_found(labels, 5) == (3, pytest.approx(entropy([3, 0, 2, 0, 1], np.ones(5))))


def test_the_reference_may_be_uneven():
    labels, reference = np.array([0, 1, 1, 2]), np.array([0.1, 0.2, 0.3, 0.4])
    assert modes_found(labels, 4, reference) == (3, pytest.approx(entropy([1, 2, 1, 0], reference)))
    assert modes_found(labels, 4, np.array([0.25, 0.5, 0.25, 0])) == (3, pytest.approx(0, abs=1e-12))


@pytest.mark.parametrize(
    ("labels", "reference", "message"),
    [
        (np.zeros(0, np.int64), None, "`samples` must be at least 1"),
        (np.array([0, 3]), None, "from 0 to 2. Received: 3"),
        (np.array([0.5]), None, "integers"),
        (np.array([0]), np.array([0, 0.5, 0.5]), "above 0 wherever there are samples"),
        (np.array([0]), np.array([0.5, 0.5]), "3 shares"),
        (np.array([0]), np.array([1.0, 1.0, 1.0]), "sum 3"),
    ],
)
def test_labels_that_are_no_modes_are_refused(labels, reference, message):
    with pytest.raises(InputError, match=message):
        modes_found(labels, 3, reference)


def test_points_within_three_deviations_find_their_centre():
    centres = np.array([[0.0, 0], [10, 0], [0, 10]])
    points = np.array([[0.0, 1.5], [1.2, 0.9], [10, 1.51], [5, 5]])  # 1.5 = 3 * 0.5, on the edge of 0, 0
    near, found = near_centres(points, centres, 0.5)
    np.testing.assert_array_equal(near, [True, True, False, False])
    assert found == 1
    assert near_centres(points, centres, 0.51)[1] == 2


def test_draws_of_a_mixture_are_near_by_the_chi_distribution():
    """In two dimensions a share `1 - exp(-9/2)` of a Gaussian lies within 3 deviations."""
    rng, n = np.random.default_rng(0), 20_000
    centres = np.array([[x, y] for x in (-4.0, 0, 4) for y in (-4.0, 0, 4)])
    near, found = near_centres(centres[rng.integers(0, 9, n)] + rng.normal(0, 0.1, (n, 2)), centres, 0.1)
    share = 1 - np.exp(-4.5)
    assert abs(near.mean() - share) < 4 * np.sqrt(share * (1 - share) / n)
    assert found == 9


def test_points_that_cannot_be_compared_are_refused():
    centres = np.zeros((2, 2))
    for points, deviation, message in (
        (np.zeros((3, 1)), 1.0, r"one size. Received: \(3, 1\) and \(2, 2\)"),
        (np.zeros((0, 2)), 1.0, "one size"),
        (np.full((3, 2), np.nan), 1.0, "finite"),
        (np.zeros((3, 2)), 0.0, "Received: deviation 0.0"),
    ):
        with pytest.raises(InputError, match=message):
            near_centres(points, centres, deviation)
