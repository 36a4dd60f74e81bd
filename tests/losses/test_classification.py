from __future__ import annotations

import numpy as np
import tensorflow as tf
from scipy.special import log_softmax

from keras_gen.losses import label_accuracy, label_cross_entropy


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
