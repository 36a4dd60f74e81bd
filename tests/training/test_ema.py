from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.training.ema import averaged_copy, update_average


@pytest.fixture
def network():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(2), keras.layers.BatchNormalization()])


def test_a_copy_starts_equal_and_has_nothing_to_train(network):
    average = averaged_copy(network)
    assert average.trainable_weights == []
    for mean, weight in zip(average.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(mean, weight)


def test_weights_move_by_one_minus_decay_and_statistics_are_copied(network):
    average = averaged_copy(network)
    before = [w.copy() for w in average.get_weights()]
    network.set_weights([w + 1.0 for w in network.get_weights()])
    update_average(average, network, decay=0.9, step=tf.constant(10**6))
    for mean, old, weight in zip(average.weights, before, network.weights, strict=True):
        expected = old + (0.1 if weight.trainable else 1.0)
        np.testing.assert_allclose(mean.numpy(), expected, rtol=1e-5)


@pytest.mark.parametrize(("step", "decay"), [(0, 0.1), (1, 2 / 11), (90, 0.91), (10**6, 0.999)])
def test_a_young_average_forgets_faster(network, step, decay):
    average = averaged_copy(network)
    network.set_weights([w + 1.0 for w in network.get_weights()])
    old = average.get_weights()[0].copy()
    update_average(average, network, decay=0.999, step=tf.constant(step))
    np.testing.assert_allclose(average.get_weights()[0], old + (1 - decay), rtol=1e-5, atol=1e-6)


def test_a_zero_decay_follows_the_network(network):
    average = averaged_copy(network)
    network.set_weights([w * 3 + 1 for w in network.get_weights()])
    update_average(average, network, decay=0.0, step=tf.constant(0))
    for mean, weight in zip(average.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(mean, weight)
