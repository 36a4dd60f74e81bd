from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from keras_gen.losses import normal_log_density, standard_normal_kl


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
