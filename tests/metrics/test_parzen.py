from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.neighbors import KernelDensity

from keras_gen.metrics import choose_sigma, parzen_log_likelihood
from serving import InputError


@pytest.fixture
def pictures():
    rng = np.random.default_rng(0)
    return rng.uniform(size=(40, 4, 5, 3)).astype(np.float32), rng.uniform(size=(30, 4, 5, 3)).astype(np.float32)


@pytest.mark.parametrize("sigma", [0.001, 0.2, 10.0])
def test_one_sample_is_a_normal_density(pictures, sigma):
    sample, images = pictures[0][:1].astype(np.float64), pictures[1].astype(np.float64)
    expected = norm.logpdf(images, sample, sigma).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(parzen_log_likelihood(sample, images, sigma), expected, rtol=1e-10)


@pytest.mark.parametrize("sigma", [0.05, 0.2, 1.0])
def test_many_samples_are_a_kernel_density(pictures, sigma, monkeypatch):
    samples, images = (part.reshape(len(part), -1).astype(np.float64) for part in pictures)
    expected = KernelDensity(bandwidth=sigma, rtol=1e-12).fit(samples).score_samples(images)
    np.testing.assert_allclose(parzen_log_likelihood(*pictures, sigma), expected, rtol=1e-9)
    monkeypatch.setattr("serving.latents.distances.BLOCK_ENTRIES", 100)
    monkeypatch.setattr("serving.latents.distances.COLUMNS", 7)
    np.testing.assert_allclose(parzen_log_likelihood(*pictures, sigma), expected, rtol=1e-9)


def test_the_density_of_a_narrow_kernel_does_not_underflow(pictures):
    """As sigma shrinks, only the nearest sample counts."""
    samples, images = (part.astype(np.float64) for part in pictures)
    densities = norm.logpdf(images[:, None], samples, 1e-3).sum(axis=(2, 3, 4))
    expected = densities.max(axis=1) - np.log(len(samples))
    assert expected.max() < -1000
    np.testing.assert_allclose(parzen_log_likelihood(*pictures, 1e-3), expected, rtol=1e-9)


def test_the_likeliest_sigma_of_one_sample_is_the_root_mean_square_distance(pictures):
    sample, images = pictures[0][:1], pictures[1]
    best = np.sqrt(np.square(images.astype(np.float64) - sample).mean())
    assert choose_sigma(sample, images, [0.9 * best, best, 1.1 * best]) == best
    assert choose_sigma(sample, images, [3 * best, 2 * best]) == 2 * best
    chosen = choose_sigma(sample, images)
    assert best / 1.06 < chosen < best * 1.06


@pytest.mark.parametrize(
    ("samples", "images", "sigma", "message"),
    [
        (np.zeros((0, 2, 2, 1)), np.zeros((3, 2, 2, 1)), 0.1, "at least one"),
        (np.zeros((3, 2, 2, 1)), np.zeros((3, 2, 3, 1)), 0.1, r"Received: \(3, 2, 3, 1\) and \(3, 2, 2, 1\)"),
        (np.full((3, 2, 2, 1), -1.0), np.zeros((3, 2, 2, 1)), 0.1, r"samples must lie in \[0, 1\]. Received: -1 to -1"),
        (np.zeros((3, 2, 2, 1)), np.full((3, 2, 2, 1), np.nan), 0.1, "pictures must lie in"),
        (np.zeros((3, 2, 2, 1)), np.zeros((3, 2, 2, 1)), 0.0, "`sigma` must be above 0"),
    ],
)
def test_mistakes_are_named(samples, images, sigma, message):
    with pytest.raises(InputError, match=message):
        parzen_log_likelihood(samples, images, sigma)
    with pytest.raises(InputError, match=message):
        choose_sigma(samples, images, [sigma])


def test_a_choice_needs_something_to_choose_from(pictures):
    with pytest.raises(InputError, match="Received: 30, 0 sigmas"):
        choose_sigma(*pictures, [])
    with pytest.raises(InputError, match="Received: 0, 61 sigmas"):
        choose_sigma(pictures[0], pictures[1][:0])
