"""Expected values: SciPy's distributions, float64."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import tensorflow as tf

from keras_gen.losses import (
    bernoulli_nll,
    continuous_bernoulli_mean,
    continuous_bernoulli_nll,
    discretized_logistic_nll,
    gaussian_nll,
)


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(-1, 1, (3, 4, 5, 2)).astype(np.float32)


def test_gaussian_is_the_normal_density(images):
    mean = np.random.default_rng(1).uniform(-1, 1, images.shape)
    expected = -scipy.stats.norm.logpdf(images, mean, 0.3).reshape(3, -1).sum(axis=1)
    received = gaussian_nll(tf.constant(images), tf.constant(mean, tf.float32), 0.3)
    np.testing.assert_allclose(received, expected, rtol=1e-5)


def test_bernoulli_is_the_probability_of_binary_pictures(images):
    binary = np.where(images > 0, 1.0, -1.0).astype(np.float32)
    probability = np.random.default_rng(1).uniform(0.05, 0.95, images.shape)
    logits = np.log(probability / (1 - probability))
    expected = -scipy.stats.bernoulli.logpmf((binary > 0).astype(int), probability).reshape(3, -1).sum(axis=1)
    received = bernoulli_nll(tf.constant(binary), tf.constant(logits, tf.float32))
    np.testing.assert_allclose(received, expected, rtol=1e-5)


def test_bernoulli_takes_grey_for_a_probability(images):
    """A grey pixel x is coded at least at the cost of its own entropy, reached by p = x."""
    p = (images.astype(np.float64) + 1) / 2
    entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p)).reshape(3, -1).sum(axis=1)
    received = bernoulli_nll(tf.constant(images), tf.constant(np.log(p / (1 - p)), tf.float32))
    np.testing.assert_allclose(received, entropy, rtol=1e-4)


LOGITS = [-30.0, -4.0, -0.2, -0.1, -0.099, -1e-3, 0.0, 1e-3, 0.099, 0.1, 0.2, 4.0, 30.0]


@pytest.mark.parametrize("logit", LOGITS)
def test_the_continuous_bernoulli_is_a_density_with_the_stated_mean(logit):
    """Its integral over [0, 1] is 1, and of x times it the mean, by quadrature."""

    def density(x):
        image = tf.fill((1, 1, 1, 1), tf.constant(2 * x - 1, tf.float32))
        return float(tf.exp(-continuous_bernoulli_nll(image, tf.fill((1, 1, 1, 1), logit)))[0])

    nodes, weights = np.polynomial.legendre.leggauss(64)
    nodes, weights = (nodes + 1) / 2, weights / 2
    values = np.array([density(x) for x in nodes])
    # float32 leaves 1e-7 in the logarithm of a density of up to 30 nats.
    assert (weights * values).sum() == pytest.approx(1, abs=2e-5)
    assert float(continuous_bernoulli_mean(tf.constant(logit))) == pytest.approx(
        (weights * nodes * values).sum(), abs=2e-5
    )


def test_the_continuous_bernoullis_gradient_is_finite_everywhere():
    logits = tf.Variable(np.array(LOGITS, np.float32).reshape(1, 1, -1, 1))
    with tf.GradientTape() as tape:
        loss = continuous_bernoulli_nll(tf.zeros_like(logits), logits)
    assert np.isfinite(tape.gradient(loss, logits)).all()


@pytest.mark.parametrize("scale", [0.003, 0.05, 1.0])
@pytest.mark.parametrize("mean", [-1.2, 0.1, 1.0])
def test_the_discretized_logistic_shares_all_mass_among_the_grey_levels(mean, scale):
    levels = tf.reshape(tf.range(256, dtype=tf.float32) / 127.5 - 1.0, (256, 1, 1, 1))
    nll = discretized_logistic_nll(levels, tf.fill(levels.shape, mean), scale).numpy().astype(np.float64)
    assert np.exp(-nll).sum() == pytest.approx(1, abs=1e-4)
    distribution = scipy.stats.logistic(mean, scale)
    middle = levels.numpy().ravel()[100].astype(np.float64)
    expected = distribution.cdf(middle + 1 / 255) - distribution.cdf(middle - 1 / 255)
    if expected > 1e-12:
        assert nll[100] == pytest.approx(-np.log(expected), rel=1e-4)


def test_the_discretized_logistic_stays_finite_far_away():
    image, mean = tf.fill((1, 1, 1, 1), 0.5), tf.fill((1, 1, 1, 1), -1.0)
    # |x - mean| / scale = 1500 nats from the mean.
    assert float(discretized_logistic_nll(image, mean, 1e-3)[0]) == pytest.approx(1500, rel=1e-2)
