from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax

from keras_gen.losses import data_to_data_cross_entropy, label_accuracy, label_cross_entropy


def test_cross_entropy_is_the_negative_log_probability_of_the_label():
    logits = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    labels = np.array([0, 3, 1, 2, 2, 0])
    expected = -log_softmax(logits.astype(np.float64), axis=1)[np.arange(6), labels]
    np.testing.assert_allclose(label_cross_entropy(labels, logits), expected, rtol=1e-5)
    np.testing.assert_allclose(label_cross_entropy(labels, np.zeros((6, 4), np.float32)), np.log(4), rtol=1e-6)


def test_accuracy_is_one_where_the_largest_logit_is_the_labels():
    logits = tf.constant([[3.0, 1.0], [0.0, 2.0], [1.0, -1.0]])
    for dtype in (np.int32, np.int64, np.uint8):
        np.testing.assert_array_equal(label_accuracy(np.array([0, 0, 0], dtype), logits), [1.0, 0.0, 1.0])


def test_the_rivals_of_a_class_are_the_examples_of_the_others():
    """Two directions at right angles: examples of class 0 are on its vector, one of class 1 is 60 degrees from both."""
    vectors = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    features = np.array([[1.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]], np.float32)
    labels = np.array([0, 0, 1])
    received = data_to_data_cross_entropy(features, vectors[labels], labels, features, labels, 0.5, 0.98)
    # Class 0: p = 0, and one rival at 0.5 - 0.02. Class 1: p = 0.866 - 0.98, and two such rivals.
    p = np.exp((np.sqrt(0.75) - 0.98) / 0.5)
    rival = np.exp(0.48 / 0.5)
    expected = [np.log(1 + rival), np.log(1 + rival), np.log((p + 2 * rival) / p)]
    np.testing.assert_allclose(received, expected, rtol=1e-5)


def test_examples_of_one_class_have_no_rivals():
    features = tf.constant([[1.0, 0.0], [0.0, 1.0]])
    with tf.GradientTape() as tape:
        tape.watch(features)
        loss = data_to_data_cross_entropy(features, tf.constant([[0.6, 0.8]] * 2), [1, 1], features, [1, 1])
    np.testing.assert_allclose(loss, [0.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(tape.gradient(loss, features), np.zeros((2, 2)), atol=1e-6)


@pytest.mark.parametrize(("margin", "moves"), [(0.5, False), (0.9, True)])
def test_what_is_nearer_to_its_class_than_the_margin_is_left_alone(margin, moves):
    """An example at a cosine of 0.8 to its class, and a rival opposite to it, which no margin lets matter."""
    example, other = tf.constant([[1.0, 0.0]]), tf.constant([[-1.0, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(example)
        every = tf.concat([example, other], axis=0)
        loss = data_to_data_cross_entropy(example, tf.constant([[0.8, 0.6]]), [0], every, [0, 1], 1.0, margin)
    gradient = tape.gradient(loss, example).numpy()
    share = 1 / (1 + np.exp(0.8 - margin))
    np.testing.assert_allclose(gradient, [[-0.8 * share, -0.6 * share]] if moves else np.zeros((1, 2)), atol=1e-6)
