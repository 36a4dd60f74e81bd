from __future__ import annotations

import numpy as np
import pytest

from serving import InputError
from serving.latents.range_coder import decode, encode, entropy_bits

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("kinds", [1, 2, 7, 128, 4096])
def test_what_was_encoded_is_decoded(kinds):
    columns = RNG.integers(0, kinds, (3, 400))
    np.testing.assert_array_equal(decode(encode(columns, kinds), kinds, 3, 400), columns)


@pytest.mark.parametrize("number", [0, 5, 127])
def test_a_column_of_one_number_takes_next_to_nothing(number):
    columns = np.full((1, 20_000), number)
    content = encode(columns, 128)
    assert len(content) < 60
    np.testing.assert_array_equal(decode(content, 128, 1, 20_000), columns)


def test_it_takes_at_most_three_per_cent_more_than_the_entropy():
    """8,000 numbers of a column whose frequencies fall by 3 % each: 4.9 bits of 7."""
    shares = 0.97 ** np.arange(128)
    columns = RNG.choice(128, (2, 8000), p=shares / shares.sum())
    exact = -(shares / shares.sum() * np.log2(shares / shares.sum())).sum() * columns.size
    assert entropy_bits(columns) == pytest.approx(exact, rel=0.02)
    assert 1.0 < 8 * len(encode(columns, 128)) / entropy_bits(columns) < 1.03


def test_a_carry_runs_through_bytes_that_have_left():
    """The rarest number at the top of the range, again and again."""
    columns = np.tile(np.array([3] * 50 + [0] + [3] * 200 + [2, 1]), (1, 40))
    np.testing.assert_array_equal(decode(encode(columns, 4), 4, 1, columns.size), columns)


def test_halved_counts_are_the_same_for_both():
    columns = np.where(RNG.random((1, 600_000)) < 0.9, 1, 0)
    content = encode(columns, 2)
    np.testing.assert_array_equal(decode(content, 2, 1, 600_000), columns)
    assert 8 * len(content) < 1.01 * entropy_bits(columns)


def test_anything_else_decodes_to_numbers_in_range():
    found = decode(b"\xff\x00nothing", 7, 2, 50)
    assert found.max() < 7


@pytest.mark.parametrize(
    ("columns", "kinds", "message"),
    [
        ([[0, 9]], 9, "numbers must be from 0 to 8. Received: 0 to 9."),
        ([[0]], 5000, "from 1 to 4096 kinds of numbers. Received: 5000."),
    ],
)
def test_what_cannot_be_encoded_is_refused(columns, kinds, message):
    with pytest.raises(InputError, match=message):
        encode(np.array(columns), kinds)
