"""What is for little data, by numbers."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from keras_gen.losses import balanced_consistency, lecam_penalty, mean_of_best


def test_consistency_is_the_squared_change_of_a_logit_or_of_a_map_of_them():
    column = balanced_consistency(tf.constant([[1.0], [2.0]]), tf.constant([[3.0], [2.0]]))
    np.testing.assert_allclose(column, [4.0, 0.0])
    maps = balanced_consistency(
        tf.zeros((2, 2, 2, 1)), tf.constant([1.0, 2.0], shape=(2, 1, 1, 1)) * tf.ones((2, 2, 2, 1))
    )
    np.testing.assert_allclose(maps, [1.0, 4.0])


def test_lecam_counts_what_lies_beyond_the_averages_of_the_other_side():
    real, fake = tf.constant([[3.0], [-1.0]]), tf.constant([[-2.0], [5.0]])
    # a_R = 1, a_F = -0.5: (3.5)^2 + 3^2, then nothing of the real one, which is below, nor of the generated one.
    np.testing.assert_allclose(lecam_penalty(real, fake, 1.0, -0.5), [3.5**2 + 3.0**2, 0.0])


@pytest.mark.parametrize(("best", "expected"), [(1, [0.0, 4.0, 0.0, 0.0]), (3, [4 / 3, 4 / 3, 0.0, 4 / 3])])
def test_the_mean_is_that_of_the_best(best, expected):
    logits = tf.constant([0.5, 2.0, -1.0, 1.0])
    received = mean_of_best(tf.ones(4), logits, logits, tf.constant(best))
    np.testing.assert_allclose(received, expected, rtol=1e-6)
    part = mean_of_best(tf.ones(2), logits[:2], logits, tf.constant(best))
    np.testing.assert_allclose(part, expected[:2], rtol=1e-6)


def test_equal_logits_are_all_taken():
    logits = tf.constant([1.0, 1.0, 0.0, 0.0])
    np.testing.assert_allclose(mean_of_best(tf.constant([1.0, 3.0, 5.0, 7.0]), logits, logits, 1), [2.0, 6.0, 0.0, 0.0])
