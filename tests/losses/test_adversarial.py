"""Expected values: the papers' formulas in NumPy, float64. Tolerance: float32's 1.2e-7 over a few operations."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from keras_gen import losses
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


def log1p_exp(x):
    return np.logaddexp(0, x.astype(np.float64))


# Name -> the generator's loss of (real, fake) and the discriminator's of (real, fake), as in its paper.
PAPERS = {
    "minimax": (
        lambda r, f: np.log(1 - sigmoid(f)),
        lambda r, f: -np.log(sigmoid(r)) - np.log(1 - sigmoid(f)),
    ),
    "non_saturating": (
        lambda r, f: -np.log(sigmoid(f)),
        lambda r, f: -np.log(sigmoid(r)) - np.log(1 - sigmoid(f)),
    ),
    "least_squares": (
        lambda r, f: (f - 1.0) ** 2 / 2,
        lambda r, f: (r - 1.0) ** 2 / 2 + f**2 / 2,
    ),
    "hinge": (lambda r, f: -f, lambda r, f: -np.minimum(0, r - 1) - np.minimum(0, -f - 1)),
    "wasserstein": (lambda r, f: -f, lambda r, f: f - r),
    "relativistic": (lambda r, f: log1p_exp(r - f), lambda r, f: log1p_exp(f - r)),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", sorted(losses.PAIRS))
def test_every_pair_is_its_papers(name, shape):
    pair = losses.PAIRS[name]
    real, fake = logits(shape, 0), logits(shape, 1)
    shown = (tf.constant(real), tf.constant(fake)) if pair.relative else (tf.constant(fake),)
    expected_generator, expected_discriminator = (per_example(paper(real, fake)) for paper in PAPERS[name])
    np.testing.assert_allclose(pair.generator_loss(*shown), expected_generator, rtol=1e-4, atol=1e-5)
    received = pair.discriminator_loss(tf.constant(real), tf.constant(fake))
    assert received.shape == (5,)
    np.testing.assert_allclose(received, expected_discriminator, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["minimax", "non_saturating"])
def test_a_smoothed_cross_entropy_has_the_target_below_one_for_real_pictures_alone(name):
    real, fake = logits((5, 1), 0), logits((5, 1), 1)
    received = losses.PAIRS[name].discriminator_loss(tf.constant(real), tf.constant(fake), label_smoothing=0.1)
    expected = -0.9 * np.log(sigmoid(real)) - 0.1 * np.log(1 - sigmoid(real)) - np.log(1 - sigmoid(fake))
    np.testing.assert_allclose(received, per_example(expected), rtol=1e-5)


def test_a_smoothed_least_squares_loss_is_zero_at_its_targets():
    loss = losses.least_squares_discriminator_loss
    np.testing.assert_allclose(loss(tf.fill((2, 1), 0.9), tf.zeros((2, 1)), label_smoothing=0.1), [0, 0], atol=1e-12)


@pytest.mark.parametrize("name", sorted(losses.PAIRS))
def test_a_better_generator_has_less_loss_and_a_better_discriminator_too(name):
    pair = losses.PAIRS[name]
    low, high = tf.fill((1, 1), -0.5), tf.fill((1, 1), 0.5)
    fooled = [pair.generator_loss(*((low,) if pair.relative else ()), fake) for fake in (low, high)]
    assert fooled[1] < fooled[0]
    assert pair.discriminator_loss(high, low) < pair.discriminator_loss(low, high)
