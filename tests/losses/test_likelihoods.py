"""Expected values: SciPy's distributions, float64."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from keras_gen.losses import bernoulli_nll, gaussian_nll


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
