from __future__ import annotations

import numpy as np
import pytest

from serving import InputError
from serving.latents.attributes import direction, move


def test_a_direction_leads_from_the_mean_without_to_the_mean_with():
    positive = np.array([[1.0, 2.0], [3.0, 4.0]])
    negative = np.array([[0.0, 1.0], [0.0, 1.0], [3.0, 1.0]])
    found = direction(positive, negative)
    np.testing.assert_array_equal(found, np.float32([2.0 - 1.0, 3.0 - 1.0]))
    assert found.dtype == np.float32


def test_means_of_many_codes_keep_their_digits():
    """Summed in float32, 2^24 and as many ones would stay 2^24."""
    codes = np.ones((100_000, 1), np.float32)
    codes[0] = 2.0**24
    expected = (2.0**24 + 99_999) / 100_000
    assert direction(codes, np.zeros((1, 1)))[0] == pytest.approx(expected, rel=1e-7)


def test_every_code_is_moved_by_every_strength():
    codes = np.array([[1.0, 1.0], [5.0, 0.0]])
    moved = move(codes, np.array([2.0, -1.0]), [-1, 0, 0.5])
    np.testing.assert_array_equal(moved, np.float32([[-1, 2], [1, 1], [2, 0.5], [3, 1], [5, 0], [6, -0.5]]))
    assert moved.dtype == np.float32


def test_moving_the_mean_without_an_attribute_once_reaches_the_mean_with_it():
    rng = np.random.default_rng(0)
    positive, negative = rng.normal(3, 1, (20, 4)), rng.normal(0, 1, (30, 4))
    moved = move(negative.mean(axis=0, keepdims=True), direction(positive, negative), [1.0])
    np.testing.assert_allclose(moved[0], positive.mean(axis=0), rtol=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: direction(np.zeros((0, 2)), np.zeros((1, 2))),
            "at least one positive example. Received: codes (0, 2).",
        ),
        (
            lambda: direction(np.zeros((1, 2)), np.zeros((0, 2))),
            "at least one negative example. Received: codes (0, 2).",
        ),
        (lambda: direction(np.zeros((1, 2)), np.zeros((1, 3))), "must have one length. Received: 2 and 3."),
        (lambda: move(np.zeros((1, 2)), np.zeros(3), [1.0]), "as long as the codes, (1, 2). Received: (3,)."),
        (lambda: move(np.zeros((1, 2)), np.zeros(2), []), "`strengths` must be at least one finite number."),
        (lambda: move(np.zeros((1, 2)), np.zeros(2), [1.0, float("nan")]), "Received: [1.0, nan]."),
    ],
)
def test_impossible_wishes_are_named(call, message):
    with pytest.raises(InputError) as error:
        call()
    assert message in str(error.value)
