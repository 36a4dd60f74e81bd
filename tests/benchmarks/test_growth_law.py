from __future__ import annotations

import numpy as np
import pytest
from growth_law import bent_law, law_of, linear_law, power_law

X = 2.0 ** np.arange(10)


@pytest.mark.parametrize(("factor", "exponent"), [(3.0, 2.0), (0.02, 1.0), (5.0, -0.5)])
def test_a_power_is_found(factor, exponent):
    law = law_of(X, factor * X**exponent)
    assert (law.factor, law.exponent) == pytest.approx((factor, exponent))
    assert law.constant == 0
    assert law.error == pytest.approx(0, abs=1e-9)


def test_a_line_with_a_constant_bends_where_both_parts_are_equal():
    law = law_of(X, 12 + 0.25 * X)
    assert (law.constant, law.factor, law.bend) == pytest.approx((12, 0.25, 48))
    np.testing.assert_allclose(law(X), 12 + 0.25 * X)


def test_a_line_through_the_origin_has_no_constant():
    """Least squares alone would give it one below zero."""
    law = linear_law([1, 2, 4], [0.9, 2, 4.1])
    assert law.constant == 0
    assert law.factor == pytest.approx(1, abs=0.05)
    assert law.bend is None


def test_what_does_not_grow_is_constant():
    law = law_of(X, 7 + 0.3 * (-1) ** np.arange(10))
    assert law.factor == 0
    assert law.constant == pytest.approx(7, rel=0.01)
    assert str(law) == "constant 6.97 (4 %)"


def test_two_powers_meet_where_the_measurements_bend():
    y = np.where(X <= 32, X, X**2 / 32)
    law = bent_law(X, y)
    assert (law.exponent, law.bend, law.later) == pytest.approx((1, 32, 2))
    assert law_of(X, y) == law
    np.testing.assert_allclose(law(X), y)


def test_noise_changes_no_law():
    noise = np.exp(np.random.default_rng(0).normal(0, 0.05, 10))
    assert law_of(X, noise * X**1.5).exponent == pytest.approx(1.5, abs=0.05)
    line = linear_law(X, noise * (12 + 0.25 * X))
    assert (line.constant, line.factor) == pytest.approx((12, 0.25), rel=0.1)


def test_a_few_points_are_enough():
    assert power_law([1, 2], [10, 15]).exponent == pytest.approx(np.log2(1.5))
    assert law_of([1, 2], [10, 15]).exponent == pytest.approx(np.log2(1.5))


@pytest.mark.parametrize(
    ("y", "text"),
    [
        (3 * X**2, "3 x^2.00 (0 %)"),
        (12 + 0.25 * X, "12 + 0.25 x, as much again at 48 (0 %)"),
        (np.where(X <= 32, X, X**2 / 32), "exponent 1.00, from 32 on 2.00 (0 %)"),
    ],
)
def test_a_law_is_said_in_a_line(y, text):
    assert str(law_of(X, y)) == text
