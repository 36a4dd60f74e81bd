from __future__ import annotations

import numpy as np
import pytest

from keras_gen.metrics import radial_spectrum, spectrum_distance
from serving import InputError


def waves(periods, amplitude=0.5, size=16):
    """A picture with so many periods across."""
    across = np.arange(size) / size
    row = amplitude * np.cos(2 * np.pi * periods * across)
    return np.broadcast_to(row[None, None, :, None], (1, size, size, 1))


def test_a_wave_has_its_power_at_its_frequency_alone():
    """A cosine of amplitude a has a^2 n^2 / 4 of power in each of two entries of n x n, shared out over its ring."""
    found = radial_spectrum(waves(3))
    down, across = np.meshgrid(np.fft.fftfreq(16) * 16, np.fft.fftfreq(16) * 16)
    in_ring = (np.rint(np.hypot(down, across)) == 3).sum()
    assert found[3] == pytest.approx(10 * np.log10(2 * 0.25 * 16**2 / 4 / in_ring))
    quiet = 10 * np.log10((2 / 255) ** 2 / 12)
    np.testing.assert_allclose(np.delete(found, 3), quiet)


def test_white_noise_is_as_strong_at_every_frequency_as_its_variance():
    noise = np.random.default_rng(0).normal(0, 0.2, (700, 12, 20, 3))
    found = 10 ** (radial_spectrum(noise) / 10)
    assert found.shape == (7,)
    # The smallest ring is of 1,400 x 3 numbers, whose mean has a deviation of 1.5 %.
    np.testing.assert_allclose(found, 0.04, rtol=0.08)


def test_the_distance_is_the_ratio_of_powers_in_decibels_without_the_mean_level():
    noise = np.random.default_rng(1).normal(0, 0.2, (50, 8, 8, 1))
    assert spectrum_distance(noise, noise) == 0
    assert spectrum_distance(2 * noise, noise) == pytest.approx(10 * np.log10(4))
    assert spectrum_distance(noise + 0.5, noise) == pytest.approx(0, abs=1e-9)


def test_mistakes_are_named():
    with pytest.raises(InputError, match=r"sides from 2 on. Received: \(3, 1, 4, 1\)"):
        radial_spectrum(np.zeros((3, 1, 4, 1)))
    with pytest.raises(InputError, match="of one shape"):
        spectrum_distance(np.zeros((3, 4, 4, 1)), np.zeros((3, 4, 4, 3)))
    with pytest.raises(InputError, match="finite"):
        radial_spectrum(np.full((1, 4, 4, 1), np.nan))
