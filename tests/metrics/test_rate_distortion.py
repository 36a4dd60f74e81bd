from __future__ import annotations

import numpy as np
import pytest

from keras_gen.metrics.rate_distortion import BITS, rate_distortion


def pictures(codes):
    """2x2 pictures that show a code of four numbers as it is."""
    return codes.reshape(-1, 2, 2, 1).astype(np.float32)


def test_even_numbers_cost_their_bits_and_lose_what_rounding_loses():
    """Uniform on [-1, 1] with q bits: steps of d = 2 / (2^q - 1), those at the ends taken half as often as the others,
    and a squared error of d^2 / 12."""
    codes = np.random.default_rng(0).uniform(-1, 1, (3000, 4)).astype(np.float32)
    points = rate_distortion(pictures(codes), codes, pictures)
    assert [point.bits for point in points] == list(BITS)
    for point in points[:6]:
        steps = 2**point.bits - 1
        shares = np.array([0.5, *[1.0] * (steps - 1), 0.5]) / steps
        assert point.entropy == pytest.approx(-(shares * np.log2(shares)).sum(), abs=0.02)
        # Where coding is longer than plain bits, bits are packed.
        assert point.entropy < point.rate <= point.bits
    errors = np.array([(2 / (2**point.bits - 1)) ** 2 / 12 for point in points[1:5]])
    found = [point.quality for point in points[1:5]]
    # A mean of decibels of four pixels is above the decibels of the mean, equally so at any step.
    above = found - 10 * np.log10(4 / errors)
    assert (above > 0).all()
    assert np.ptp(above) < 0.2


def test_rare_numbers_cost_less():
    codes = np.random.default_rng(0).choice([-1.0, 1.0], (6000, 4), p=[0.9, 0.1]).astype(np.float32)
    first = rate_distortion(pictures(codes), codes, pictures)[0]
    shares = np.stack([(codes == 1).mean(axis=0), (codes == -1).mean(axis=0)])
    exact = -(shares * np.log2(shares)).sum() / 4
    assert first.entropy == pytest.approx(exact, rel=1e-6)
    assert first.entropy < first.rate < 1.03 * first.entropy
    assert first.quality == np.inf


def test_whole_numbers_are_one_point_that_keeps_them():
    codes = np.random.default_rng(0).integers(0, 6, (500, 4)).astype(np.float32)
    seen = []

    def decode(found):
        seen.append(found)
        return pictures(found / 5)

    (point,) = rate_distortion(pictures(codes / 5), codes, decode)
    assert point.bits == 3
    np.testing.assert_array_equal(np.rint(seen[0]), codes)
