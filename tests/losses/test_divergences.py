from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from keras_gen.losses import standard_normal_kl


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
