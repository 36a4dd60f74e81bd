from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.training.adam import Adam


def trained(kind, steps, gradients, **options):
    weights = [
        keras.Variable(np.linspace(-1.0, 1.0, 7), dtype="float32"),
        keras.Variable(np.ones((3, 2)), dtype="float32"),
    ]
    optimizer = kind(1e-2, **options)
    optimizer.build(weights)
    for step in range(steps):
        optimizer.apply(gradients(step), weights)
    return [variable.numpy() for variable in (*weights, *optimizer.variables)]


@pytest.mark.parametrize("options", [{}, {"beta_1": 0.0, "beta_2": 0.9, "epsilon": 1e-3}, {"amsgrad": True}])
def test_weights_and_state_are_those_of_keras(options):
    def gradients(step):
        generator = np.random.default_rng(step)
        return [tf.constant(10.0**-step * generator.normal(size=shape), tf.float32) for shape in ((7,), (3, 2))]

    for one, other in zip(
        *(trained(kind, 6, gradients, **options) for kind in (Adam, keras.optimizers.Adam)), strict=True
    ):
        # float32 holds `1 - beta_2` of 0.999 to five digits.
        np.testing.assert_allclose(one, other, rtol=5e-5, atol=1e-9)


def test_the_first_step_is_the_learning_rate_whatever_the_size_of_the_gradient():
    """Kingma & Ba 2015, section 2.1: the effective step is about alpha."""
    gradients = [tf.constant([1e-2, -1e3] + [5.0] * 5), tf.ones((3, 2))]
    moved, ones, *_ = trained(Adam, 1, lambda step: gradients)
    np.testing.assert_allclose(moved - np.linspace(-1, 1, 7), -1e-2 * np.sign(gradients[0]), rtol=1e-3)
    np.testing.assert_allclose(ones, 0.99, rtol=1e-6)


def test_gradients_of_some_rows_alone_move_as_in_keras():
    def gradients(step):
        rows = tf.IndexedSlices(tf.constant([[1.0, -2.0]]), tf.constant([step % 3]), tf.constant([3, 2]))
        return [tf.zeros(7), rows]

    for one, other in zip(*(trained(kind, 4, gradients) for kind in (Adam, keras.optimizers.Adam)), strict=True):
        np.testing.assert_allclose(one, other, rtol=5e-5, atol=1e-9)
