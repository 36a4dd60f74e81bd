from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from keras_gen.losses import mmd_terms
from keras_gen.metrics import mmd


def kernel(x, y):
    """The sum of inverse multiquadric kernels, written out."""
    base = 2.0 * len(x)
    distance = ((x - y) ** 2).sum()
    return sum(factor * base / (factor * base + distance) for factor in (0.1, 0.2, 0.5, 1, 2, 5, 10))


def test_the_mean_over_examples_is_the_estimate_without_bias():
    codes, draws = np.random.default_rng(0).standard_normal((2, 6, 3)).astype(np.float32)
    pairs = [(i, j) for i in range(6) for j in range(6)]
    within = sum(kernel(x[i], x[j]) for x in (codes, draws) for i, j in pairs if i != j) / 30
    between = sum(kernel(codes[i], draws[j]) for i, j in pairs) / 36
    assert float(tf.reduce_mean(mmd_terms(codes, draws))) == pytest.approx(within - 2 * between, abs=1e-5)


def test_it_is_what_evaluate_measures():
    rng = np.random.default_rng(1)
    codes, draws = 0.5 * rng.standard_normal((300, 2)), rng.standard_normal((300, 2))
    draws /= draws.std(axis=0)  # whose variance `mmd` measures
    received = float(tf.reduce_mean(mmd_terms(codes.astype(np.float32), draws.astype(np.float32))))
    assert received == pytest.approx(mmd(codes, draws), abs=1e-4)
    assert received > 0.1


def test_a_part_of_the_batch_is_compared_with_all_of_it():
    codes, draws = np.random.default_rng(2).standard_normal((2, 7, 4)).astype(np.float32)
    parts = [mmd_terms(codes[rows], draws[rows], codes, draws) for rows in (slice(0, 3), slice(3, 7))]
    np.testing.assert_allclose(np.concatenate(parts), mmd_terms(codes, draws), rtol=1e-5)


def test_one_example_alone_is_pulled_towards_its_draw():
    code = tf.Variable([[2.0, 0.0]])
    with tf.GradientTape() as tape:
        value = mmd_terms(code, tf.zeros((1, 2)))
    assert tape.gradient(value, code)[0, 0] > 0
