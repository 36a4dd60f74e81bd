from __future__ import annotations

import math

import numpy as np
import pytest

from serving.common.noise import standard_normal

MASK = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix(z):
    """SplitMix64's output function in Python integers (Steele, Lea & Flood 2014, figure 17)."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def reference(seed, index):
    word = mix((mix(seed & MASK) + (index + 1) * GOLDEN) & MASK)
    first, second = word >> 40, (word >> 16) & 0xFFFFFF
    return math.sqrt(-2 * math.log((first + 1) / 2**24)) * math.cos(2 * math.pi * second / 2**24)


def test_the_integer_reference_is_splitmix64():
    """The first three outputs for the seed 1234567, as published with the algorithm's reference code."""
    state, outputs = 1234567, []
    for _ in range(3):
        state = (state + GOLDEN) & MASK
        outputs.append(mix(state))
    assert outputs == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@pytest.mark.parametrize("seed", [0, 1, 7, -1, 2**63 - 1, -(2**63)])
@pytest.mark.parametrize("start", [0, 3, 2**40])
def test_latents_are_those_of_the_integer_reference(seed, start):
    received = standard_normal(seed, n=4, size=3, start=start)
    expected = [[reference(seed, (start + row) * 3 + column) for column in range(3)] for row in range(4)]
    # 24-bit uniforms are exact; log, sqrt and cos in float32 leave a few units of 1e-7.
    np.testing.assert_allclose(received, expected, atol=2e-6)
    assert received.dtype == np.float32


def test_a_latent_depends_on_its_index_alone():
    many = standard_normal(5, n=100, size=7)
    np.testing.assert_array_equal(standard_normal(5, n=10, size=7), many[:10])
    np.testing.assert_array_equal(standard_normal(5, n=10, size=7, start=90), many[90:])


def test_standard_normal_and_uncorrelated_between_neighbours_and_seeds():
    n = 200_000
    draws = standard_normal(3, n, 2)
    error = 1 / math.sqrt(2 * n)
    assert abs(draws.mean()) < 5 * error
    assert abs(draws.var() - 1) < 5 * math.sqrt(2) * error
    assert abs((draws**4).mean() - 3) < 5 * math.sqrt(96) * error
    for other in (draws[:, ::-1], np.roll(draws, 1, axis=0), standard_normal(4, n, 2)):
        assert abs((draws * other).mean()) < 5 * error * math.sqrt(2)
    assert np.abs(draws).max() < 5.8
