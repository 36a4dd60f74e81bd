from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from keras_gen.losses import (
    dragan_penalty,
    gradient_penalty,
    path_length_penalty,
    path_lengths,
    r1_penalty,
    r2_penalty,
)


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


def squares(x):
    return tf.reduce_sum(x**2, axis=[1, 2])


def test_r2_is_r1_at_generated_pictures(images):
    np.testing.assert_array_equal(r2_penalty(squares, images), r1_penalty(squares, images))


@pytest.mark.parametrize("place", [0.0, 0.25, 1.0])
def test_gradient_penalty_is_taken_between_real_and_generated(images, place):
    """D(x) = |x|^2 has the gradient 2 x, whose length shall be 1."""
    fake = -images
    received = gradient_penalty(squares, images, fake, tf.fill((4, 1), place))
    between = place * images.numpy() - (1 - place) * images.numpy()
    length = 2 * np.sqrt((between**2).sum(axis=(1, 2, 3)))
    np.testing.assert_allclose(received, (length - 1) ** 2, rtol=1e-5)


def test_gradient_penalty_is_zero_for_a_slope_of_one(images):
    received = gradient_penalty(lambda x: x[:, 0, 0], images, -images, tf.fill((4, 1), 0.5))
    np.testing.assert_allclose(received, np.zeros(4), atol=1e-6)


def test_gradient_penalty_of_a_flat_discriminator_has_a_finite_gradient(images):
    weight = tf.Variable(0.0)
    with tf.GradientTape() as tape:
        flat = gradient_penalty(lambda x: weight * x[:, 0, 0], images, -images, tf.fill((4, 1), 0.5))
    np.testing.assert_allclose(flat, np.ones(4), rtol=1e-5)
    assert np.isfinite(tape.gradient(flat, weight))


def test_dragan_is_taken_beside_real_pictures(images):
    noise = 0.1 * tf.ones_like(images)
    received = dragan_penalty(squares, images, noise)
    length = 2 * np.sqrt(((images.numpy() + 0.1) ** 2).sum(axis=(1, 2, 3)))
    np.testing.assert_allclose(received, (length - 1) ** 2, rtol=1e-5)


def test_of_a_picture_and_its_code_the_gradient_is_that_in_both(images):
    """D(x, z) = 3 x_0 + 4 z_0: the gradient has the length 5."""
    codes = tf.zeros((4, 2))

    def joint(sample):
        return 3.0 * sample[0][:, 0, 0] + 4.0 * sample[1][:, :1]

    np.testing.assert_allclose(r1_penalty(joint, (images, codes)), np.full(4, 12.5), rtol=1e-6)
    received = gradient_penalty(joint, (images, codes), (-images, codes + 1.0), tf.fill((4, 1), 0.3))
    np.testing.assert_allclose(received, np.full(4, 16.0), rtol=1e-5)


def test_a_map_of_patches_is_summed_over(images):
    """D(x) = x, a logit per pixel: the sum's gradient is 1 everywhere, 6 pixels."""
    np.testing.assert_allclose(r1_penalty(lambda x: x, images), np.full(4, 3.0), rtol=1e-6)


def test_path_lengths_of_a_linear_generator_are_those_of_its_matrix():
    """x = A w has the Jacobian A everywhere; the expectation of |A^T y|^2 is the sum of squares of A."""
    rng = np.random.default_rng(1)
    matrix = rng.standard_normal((3, 2 * 2)).astype(np.float32)
    styles, normal = (rng.standard_normal((20_000, *shape)).astype(np.float32) for shape in ((3,), (2, 2, 1)))
    lengths = path_lengths(lambda w: tf.reshape(w @ matrix, (-1, 2, 2, 1)), tf.constant(styles), normal / 2.0).numpy()
    expected = np.linalg.norm(normal.reshape(-1, 4) @ matrix.T / 2.0, axis=1)
    np.testing.assert_allclose(lengths, expected, rtol=1e-4, atol=1e-5)
    assert (lengths**2).mean() == pytest.approx((matrix**2).sum() / 4, rel=0.05)


def test_path_lengths_of_several_layers_are_the_root_of_their_mean_square():
    """x = 3 w_1 + 4 w_2, along 1: the gradients are 3 and 4."""
    styles = tf.zeros((5, 2, 1))
    lengths = path_lengths(lambda w: 3.0 * w[:, 0] + 4.0 * w[:, 1], styles, tf.ones((5, 1)))
    np.testing.assert_allclose(lengths, np.full(5, np.sqrt((9 + 16) / 2)), rtol=1e-5)
    np.testing.assert_allclose(path_length_penalty(lengths, tf.constant(1.0)), (np.sqrt(12.5) - 1) ** 2, rtol=1e-5)


def test_path_lengths_teach_the_weights():
    """x = v w along 1: the length is v, the penalty (v - a)^2, its derivative 2 (v - a)."""
    weight = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        lengths = path_lengths(lambda w: weight * w, tf.zeros((4, 1)), tf.ones((4, 1)))
        penalty = tf.reduce_mean(path_length_penalty(lengths, tf.constant(1.0)))
    assert float(tape.gradient(penalty, weight)) == pytest.approx(2 * (3 - 1), rel=1e-5)
