from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from keras_gen.layers import MixtureOfGaussians
from serving import InputError

SHARES = np.array([0.2, 0.5, 0.3])
MEANS = np.array([[0.0, 0.0], [5.0, 1.0], [-4.0, 3.0]])
COVARIANCES = np.array([[[1.0, 0.5], [0.5, 2.0]], [[0.1, 0.0], [0.0, 0.2]], [[0.5, -0.3], [-0.3, 0.4]]])


def mixture():
    layer = MixtureOfGaussians(2, 3)
    layer.describe(SHARES, MEANS, COVARIANCES)
    return layer


def test_each_component_is_drawn_as_often_and_as_wide_as_described():
    draws = np.asarray(mixture()(np.random.default_rng(0).standard_normal((40_000, 3)).astype(np.float32)))
    nearest = np.argmin(((draws[:, None] - MEANS) ** 2).sum(-1), axis=1)
    assert np.bincount(nearest) / len(draws) == pytest.approx(SHARES, abs=0.02)
    mean = (SHARES[:, None] * MEANS).sum(axis=0)
    apart = MEANS - mean
    expected = (SHARES[:, None, None] * (COVARIANCES + apart[:, :, None] * apart[:, None])).sum(axis=0)
    np.testing.assert_allclose(draws.mean(axis=0), mean, atol=0.07)
    np.testing.assert_allclose(np.cov(draws, rowvar=False), expected, atol=0.3)


def test_the_last_number_chooses_and_the_others_are_the_place():
    place = [0.3, -1.2]
    for index, probability in enumerate((0.1, 0.21, 0.69, 0.71)):
        chosen = (0, 1, 1, 2)[index]
        noise = np.array([[*place, scipy.stats.norm.ppf(probability)]], np.float32)
        expected = MEANS[chosen] + np.linalg.cholesky(COVARIANCES[chosen]) @ place
        np.testing.assert_allclose(mixture()(noise)[0], expected, atol=1e-5)


def test_one_component_takes_no_number_to_choose():
    layer = MixtureOfGaussians(2, 1)
    layer.describe(np.ones(1), MEANS[1:2], COVARIANCES[:1])
    assert layer.noise_size == 2
    np.testing.assert_allclose(layer(np.zeros((1, 2), np.float32)), MEANS[1:2])


def test_impossible_arguments_are_named():
    with pytest.raises(InputError, match="`components` must be at least 1"):
        MixtureOfGaussians(2, 0)
