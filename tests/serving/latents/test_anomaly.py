from __future__ import annotations

import numpy as np
import pytest
import scipy.spatial
import scipy.stats
import tensorflow as tf

from keras_gen import losses
from serving import InputError
from serving.latents.anomaly import CodeDistances, auroc, errors_of_pixels, heat_map, negative_bound, threshold


def test_distances_are_mahalanobis():
    rng = np.random.default_rng(0)
    codes = rng.standard_normal((500, 3)) @ rng.standard_normal((3, 3)) + [1, 2, 3]
    inverse = np.linalg.inv(np.cov(codes, rowvar=False))
    expected = [scipy.spatial.distance.mahalanobis(code, codes.mean(axis=0), inverse) for code in codes[:5]]
    np.testing.assert_allclose(CodeDistances.of(codes)(codes[:5]), expected, rtol=1e-4)


def test_codes_that_never_change_have_distances():
    codes = np.random.default_rng(0).standard_normal((50, 3)) * [1.0, 1.0, 0.0]
    assert np.isfinite(CodeDistances.of(codes)(codes)).all()
    with pytest.raises(InputError, match="must be of more codes than that. Received: 3 codes."):
        CodeDistances.of(codes[:3])


def test_the_threshold_holds_its_rate_on_average():
    rng = np.random.default_rng(0)
    above = [np.mean(rng.standard_normal(500) > threshold(rng.standard_normal(99), 0.1)) for _ in range(400)]
    assert np.mean(above) == pytest.approx(0.1, abs=0.01)
    assert threshold(np.arange(99.0), 0.01) == 98.0
    with pytest.raises(InputError, match="at least 99 usual pictures. Received: 98."):
        threshold(np.arange(98.0), 0.01)
    with pytest.raises(InputError, match="above 0 and below 1"):
        threshold(np.arange(98.0), 0.0)


def test_auroc_is_the_share_of_pairs_in_order():
    rng = np.random.default_rng(0)
    scores, unusual = rng.integers(0, 8, 60) + np.arange(60) // 40, np.arange(60) >= 40
    expected = scipy.stats.mannwhitneyu(scores[unusual], scores[~unusual]).statistic / (20 * 40)
    assert auroc(scores, unusual) == pytest.approx(expected)
    assert auroc(np.zeros(4), [True, False, True, False]) == 0.5
    with pytest.raises(InputError, match="Received: 4 usual and 0 unusual"):
        auroc(np.zeros(4), [False] * 4)


def test_errors_of_pixels_are_means_over_channels():
    images = np.zeros((1, 2, 2, 3), np.uint8)
    made = images.copy()
    made[0, 0, 1, 0] = 255
    np.testing.assert_allclose(errors_of_pixels(images, made), [[[0, 4 / 3], [0, 0]]])
    with pytest.raises(InputError, match="must have one shape"):
        errors_of_pixels(images, made[:, :1])


def test_heat_maps_go_from_black_over_red_and_yellow_to_white():
    warm = heat_map(np.array([[0.0, 1 / 3, 2 / 3, 1.0, 9.0]]), 1.0)
    np.testing.assert_array_equal(warm[0], [[0, 0, 0], [255, 0, 0], [255, 255, 0], [255] * 3, [255] * 3])


@pytest.mark.parametrize("likelihood", ["bernoulli", "continuous_bernoulli", "gaussian", "discretized_logistic"])
def test_the_bound_is_that_of_the_training(likelihood):
    rng = np.random.default_rng(0)
    images = (rng.integers(0, 256, (4, 3, 3, 1)) / 127.5 - 1).astype(np.float32)
    mean, log_variance = rng.standard_normal((2, 4, 5)).astype(np.float32)
    logits = rng.uniform(-4, 4, images.shape).astype(np.float32)
    kl = losses.standard_normal_kl(mean, log_variance)
    if likelihood == "bernoulli":
        decoded, nll = np.tanh(logits / 2), losses.bernoulli_nll(images, logits)
    elif likelihood == "continuous_bernoulli":
        decoded = 2 * losses.continuous_bernoulli_mean(logits).numpy() - 1
        nll = losses.continuous_bernoulli_nll(images, logits)
    else:
        decoded = logits / 4
        nll = getattr(losses, f"{likelihood}_nll")(images, tf.constant(decoded), 0.2)
    received = negative_bound(images, decoded, mean, log_variance, likelihood, 0.2)
    np.testing.assert_allclose(received, nll + kl, rtol=1e-3)


def test_a_likelihood_that_is_not_known_is_named():
    images, codes = np.zeros((1, 2, 2, 1), np.float32), np.zeros((1, 2))
    with pytest.raises(InputError, match="must be one of bernoulli, .* Received: 'poisson'"):
        negative_bound(images, images, codes, codes, "poisson", None)
    with pytest.raises(InputError, match="'gaussian' must have a scale"):
        negative_bound(images, images, codes, codes, "gaussian", None)
