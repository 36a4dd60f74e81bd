"""Quantizers against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers import FiniteScalarQuantizer, ResidualQuantizer, VectorQuantizer
from keras_gen.layers.training_noise import TrainingNoise

RNG = np.random.default_rng(3)
VECTORS = RNG.normal(size=(5, 2, 3, 4)).astype(np.float32)
BOOK = RNG.normal(size=(6, 4)).astype(np.float32)


def nearest(vectors, book):
    return np.square(vectors[..., None, :] - book).sum(axis=-1).argmin(axis=-1)


def filled(layer):
    layer.codebook.assign(BOOK)
    return layer


def test_the_nearest_code_is_taken_and_the_gradient_passed_through():
    layer = filled(VectorQuantizer(6, 4))
    vectors = tf.constant(VECTORS)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(vectors)
        chosen, codes, commitment = layer(vectors)
        through, committed = tf.reduce_sum(3.0 * chosen), tf.reduce_sum(commitment)
    expected = nearest(VECTORS, BOOK)
    np.testing.assert_array_equal(codes[..., 0], expected)
    np.testing.assert_allclose(chosen, BOOK[expected], atol=1e-6)
    np.testing.assert_allclose(commitment, np.square(VECTORS - BOOK[expected]).mean(axis=-1), rtol=1e-5)
    np.testing.assert_array_equal(tape.gradient(through, vectors), np.full_like(VECTORS, 3.0))
    np.testing.assert_allclose(tape.gradient(committed, vectors), (VECTORS - BOOK[expected]) / 2, rtol=1e-5, atol=1e-6)


def test_codes_are_moving_averages_of_what_was_nearest():
    """Appendix A.1 of the paper: N and m decay, and a code is m / N."""
    layer = filled(VectorQuantizer(6, 4, decay=0.9, revival=0.0))
    layer.uses.assign(np.full(6, 2.0))
    layer.sums.assign(2.0 * BOOK)
    layer.learn(tf.constant(VECTORS), TrainingNoise(1), "test")
    flat = VECTORS.reshape(-1, 4)
    chosen = nearest(flat, BOOK)
    uses = 0.9 * 2.0 + 0.1 * np.bincount(chosen, minlength=6)
    sums = 0.9 * 2.0 * BOOK + 0.1 * np.stack([flat[chosen == code].sum(axis=0) for code in range(6)])
    np.testing.assert_allclose(layer.uses, uses, rtol=1e-5)
    np.testing.assert_allclose(layer.codebook, sums / uses[:, None], rtol=1e-4, atol=1e-6)


def test_dead_codes_become_vectors_of_the_batch():
    layer = filled(VectorQuantizer(6, 4, revival=0.5))
    even = 30 / 6
    layer.uses.assign(np.array([even, even, even, even, 0.1, 0.0]))
    layer.sums.assign(layer.uses.numpy()[:, None] * BOOK)
    layer.learn(tf.constant(VECTORS), TrainingNoise(1), "test")
    flat = VECTORS.reshape(-1, 4)
    distances = np.square(layer.codebook.numpy()[:, None] - flat).sum(axis=-1).min(axis=1)
    assert (distances[4:] < 1e-10).all()
    assert (distances[:4] > 1e-6).all()
    np.testing.assert_allclose(layer.uses.numpy()[4:], even)


def test_a_code_that_was_never_used_stays_where_revival_is_off():
    layer = filled(VectorQuantizer(6, 4, revival=0.0))
    far = np.full((1, 1, 1, 4), 100.0, np.float32)
    layer.learn(tf.constant(far), TrainingNoise(1), "test")
    used = nearest(far, BOOK)[0, 0, 0]
    np.testing.assert_array_equal(np.delete(layer.codebook, used, axis=0), np.delete(BOOK, used, axis=0))


def test_residual_codes_add_up():
    layer = ResidualQuantizer(6, 4, depth=3)
    for scale, level in zip((1.0, 0.5, 0.25), layer.levels, strict=True):
        level.codebook.assign(scale * BOOK)
    chosen, codes, commitment = layer(VECTORS)
    left, total = VECTORS, 0.0
    for index, scale in enumerate((1.0, 0.5, 0.25)):
        expected = nearest(left, scale * BOOK)
        np.testing.assert_array_equal(codes[..., index], expected)
        np.testing.assert_allclose(layer.learning(tf.constant(VECTORS))[index][1], left, atol=1e-5)
        left = left - scale * BOOK[expected]
        total = total + np.square(left).mean(axis=-1)
    np.testing.assert_allclose(chosen, VECTORS - left, atol=1e-5)
    np.testing.assert_allclose(layer.vectors_of(codes), VECTORS - left, atol=1e-5)
    np.testing.assert_allclose(commitment, total, rtol=1e-4)


@pytest.mark.parametrize("levels", [(8, 5, 5, 5), (3, 3), (2, 4, 6)])
def test_finite_scalars_reach_every_code_and_back(levels):
    """Every combination of levels is a code, and every code is a fixed point of its own vector."""
    layer = FiniteScalarQuantizer(levels)
    every = np.arange(np.prod(levels), dtype=np.int32)[:, None, None, None]
    vectors = layer.vectors_of(every).numpy()
    assert np.abs(vectors).max() <= 1
    for axis, count in enumerate(levels):
        width = count // 2
        np.testing.assert_allclose(np.unique(vectors[..., axis]), (np.arange(count) - width) / width, atol=1e-6)
    # What the tangent brings to these levels: its inverse.
    half, offset = (np.array(levels) - 1) * 1.001 / 2, np.where(np.array(levels) % 2, 0.0, 0.5)
    before = np.arctanh((vectors * (np.array(levels) // 2) + offset) / half) - np.arctanh(offset / half)
    chosen, codes, commitment = layer(before.astype(np.float32))
    np.testing.assert_array_equal(codes, every)
    np.testing.assert_allclose(chosen, vectors, atol=1e-6)
    assert not np.any(commitment)


def test_the_gradient_passes_the_rounding_of_finite_scalars():
    layer = FiniteScalarQuantizer((5,))
    vectors = tf.constant([[[[0.3]]]])
    with tf.GradientTape() as tape:
        tape.watch(vectors)
        chosen = layer(vectors)[0]
    half = 2.0 * 1.001
    np.testing.assert_allclose(tape.gradient(chosen, vectors), half * (1 - np.tanh(0.3) ** 2) / 2, rtol=1e-5)
