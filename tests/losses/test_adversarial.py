"""Expected values: the papers' formulas in NumPy, float64. Tolerance: float32's 1.2e-7 over a few operations."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from keras_gen.losses import non_saturating_discriminator_loss, non_saturating_generator_loss

SHAPES = [(5,), (5, 1), (5, 3, 4, 1)]


def logits(shape, seed):
    return (3 * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def sigmoid(x):
    return 1 / (1 + np.exp(-x.astype(np.float64)))


def per_example(values):
    return values.reshape(len(values), -1).mean(axis=1)


@pytest.mark.parametrize("shape", SHAPES)
def test_generator_loss_is_minus_log_d(shape):
    fake = logits(shape, 0)
    received = non_saturating_generator_loss(tf.constant(fake))
    assert received.shape == (5,)
    np.testing.assert_allclose(received, per_example(-np.log(sigmoid(fake))), rtol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_discriminator_loss_is_the_cross_entropy_of_both(shape):
    real, fake = logits(shape, 0), logits(shape, 1)
    received = non_saturating_discriminator_loss(tf.constant(real), tf.constant(fake))
    assert received.shape == (5,)
    expected = per_example(-np.log(sigmoid(real))) + per_example(-np.log(1 - sigmoid(fake)))
    np.testing.assert_allclose(received, expected, rtol=1e-5)


def test_extreme_logits_stay_finite():
    extreme = tf.constant([-1e4, 1e4])
    np.testing.assert_allclose(non_saturating_generator_loss(extreme), [1e4, 0.0])
    np.testing.assert_allclose(non_saturating_discriminator_loss(extreme, extreme), [1e4, 1e4])


def test_the_generators_gradient_does_not_vanish_while_the_discriminator_wins():
    fake = tf.Variable([-20.0])
    with tf.GradientTape() as tape:
        loss = non_saturating_generator_loss(fake)
    # d/dl -log sigmoid(l) = -sigmoid(-l), which is -1 for l = -20.
    np.testing.assert_allclose(tape.gradient(loss, fake), [-1.0], rtol=1e-6)
