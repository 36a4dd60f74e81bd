from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from keras_gen.losses import r1_penalty


@pytest.fixture
def images():
    return tf.constant(np.random.default_rng(0).uniform(-1, 1, (4, 2, 3, 1)), tf.float32)


def test_r1_of_a_linear_discriminator_is_half_its_squared_weights(images):
    weights = np.arange(6.0, dtype=np.float32).reshape(1, 2, 3, 1)
    received = r1_penalty(lambda x: tf.reduce_sum(x * weights, axis=[1, 2]), images)
    np.testing.assert_allclose(received, np.full(4, 0.5 * (weights**2).sum()), rtol=1e-6)


def test_r1_of_a_quadratic_discriminator_is_twice_the_squared_picture(images):
    """D(x) = |x|^2 has the gradient 2 x."""
    received = r1_penalty(lambda x: tf.reduce_sum(x**2, axis=[1, 2]), images)
    np.testing.assert_allclose(received, 2 * (images.numpy() ** 2).sum(axis=(1, 2, 3)), rtol=1e-6)


def test_r1_teaches_the_weights(images):
    """D(x) = w sum(x): penalty 3 w^2 for 6 pixels, derivative 6 w."""
    weight = tf.Variable(1.5)
    with tf.GradientTape() as tape:
        penalty = tf.reduce_mean(r1_penalty(lambda x: weight * tf.reduce_sum(x, axis=[1, 2]), images))
    assert float(tape.gradient(penalty, weight)) == pytest.approx(6 * 1.5)
