from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from keras_gen.losses import normal_log_density, standard_normal_kl, total_correlation


def test_against_the_closed_form():
    rng = np.random.default_rng(0)
    mean, log_variance = rng.standard_normal((2, 6, 4))
    variance = np.exp(log_variance)
    expected = 0.5 * (variance + mean**2 - 1 - np.log(variance)).sum(axis=1)
    received = standard_normal_kl(tf.constant(mean, tf.float32), tf.constant(log_variance, tf.float32))
    np.testing.assert_allclose(received, expected, rtol=1e-5)


def test_zero_at_the_prior_and_exact_beside_it():
    assert float(standard_normal_kl(tf.zeros((1, 3)), tf.zeros((1, 3)))[0]) == 0.0
    # KL = (e^t - 1 - t) / 2 = t^2 / 4 + ...: 2.5e-9 for t = 1e-4, below float32's rounding of e^t - 1.
    received = float(standard_normal_kl(tf.zeros((1, 1)), tf.fill((1, 1), 1e-4))[0])
    assert received == pytest.approx(2.5e-9, abs=4e-12)


def test_free_nats_are_the_least_that_a_dimension_costs_and_give_no_gradient():
    mean = tf.Variable([[0.1, 2.0]])
    with tf.GradientTape() as tape:
        kl = standard_normal_kl(mean, tf.zeros((1, 2)), free_nats=0.5)
    # 0.1^2 / 2 is below 0.5 nats, 2^2 / 2 above.
    np.testing.assert_allclose(kl, [0.5 + 2.0], rtol=1e-6)
    np.testing.assert_allclose(tape.gradient(kl, mean), [[0.0, 2.0]])


def test_the_normal_log_density_is_scipys():
    x, mean, log_variance = np.random.default_rng(0).standard_normal((3, 5, 2, 4)).astype(np.float32)
    expected = scipy.stats.norm.logpdf(x, mean, np.exp(log_variance / 2)).sum(axis=-1)
    np.testing.assert_allclose(normal_log_density(x, mean, log_variance), expected, rtol=1e-4)
    expected = scipy.stats.norm.logpdf(x).sum(axis=-1)
    np.testing.assert_allclose(normal_log_density(x, 0.0, 0.0), expected, rtol=1e-5)


def test_the_total_correlation_is_that_of_the_batchs_mixture():
    rng = np.random.default_rng(0)
    latents, means, log_variances = rng.standard_normal((3, 5, 3)).astype(np.float32)
    densities = scipy.stats.norm.pdf(latents[:, None], means, np.exp(log_variances / 2))
    expected = np.log(densities.prod(axis=-1).mean(axis=1)) - np.log(densities.mean(axis=1)).sum(axis=-1)
    received = total_correlation(latents, means, log_variances)
    np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-5)
    halves = [total_correlation(latents[rows], means, log_variances) for rows in (slice(0, 2), slice(2, 5))]
    np.testing.assert_allclose(np.concatenate(halves), received, rtol=1e-5)


def test_independent_dimensions_have_no_total_correlation_and_equal_ones_have():
    rng = np.random.default_rng(0)
    means = rng.standard_normal((2000, 2)).astype(np.float32)
    narrow = np.full_like(means, -2.0)

    def mean(means):
        draws = (means + np.exp(-1.0) * rng.standard_normal(means.shape)).astype(np.float32)
        return float(tf.reduce_mean(total_correlation(draws, means, narrow)))

    assert mean(means) == pytest.approx(0.0, abs=0.05)
    # Two copies of a normal number of variance 1, each with noise of variance e^-2: correlation 1 / (1 + e^-2).
    correlation = 1.0 / (1.0 + np.exp(-2.0))
    assert mean(means[:, [0, 0]]) == pytest.approx(-0.5 * np.log(1.0 - correlation**2), abs=0.05)
