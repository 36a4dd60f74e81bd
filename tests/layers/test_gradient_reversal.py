from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers import GradientReversal


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("weight", [0.0, 0.3, 2.0])
def test_values_pass_and_gradients_turn_round(compiled, weight):
    layer = GradientReversal()

    def run(values, weight):
        with tf.GradientTape() as tape:
            tape.watch([values, weight])
            passed = layer(values, weight)
            loss = tf.reduce_sum(passed**3)
        return passed, tape.gradient(loss, [values, weight])

    values = tf.constant([[1.0, -2.0], [0.5, 3.0]])
    passed, (of_values, of_weight) = (tf.function(run) if compiled else run)(values, tf.constant(weight))
    np.testing.assert_array_equal(passed, values)
    np.testing.assert_allclose(of_values, -weight * 3 * values**2, rtol=1e-6)
    assert of_weight is None


def test_the_weight_may_change_between_calls_of_one_graph():
    layer = GradientReversal()

    @tf.function
    def gradient(weight):
        values = tf.ones((2, 3))
        with tf.GradientTape() as tape:
            tape.watch(values)
            loss = tf.reduce_sum(layer(values, weight))
        return tape.gradient(loss, values)

    for weight in (0.1, 0.7):
        np.testing.assert_allclose(gradient(tf.constant(weight)), np.full((2, 3), -weight), rtol=1e-6)
    assert gradient.experimental_get_tracing_count() == 1


def test_it_is_saved_within_a_model(tmp_path):
    values, weight = keras.Input((4,)), keras.Input(batch_shape=())
    model = keras.Model([values, weight], keras.layers.Dense(2)(GradientReversal()(values, weight)))
    assert model.output_shape == (None, 2)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    inputs = [tf.ones((3, 4)), tf.constant(0.5)]
    np.testing.assert_array_equal(loaded(inputs), model(inputs))


def test_half_precision_passes():
    values = tf.ones((2, 2), tf.float16)
    with tf.GradientTape() as tape:
        tape.watch(values)
        passed = GradientReversal(dtype="mixed_float16")(values, tf.constant(0.25))
    assert passed.dtype == tf.float16
    np.testing.assert_array_equal(tape.gradient(passed, values), np.full((2, 2), -0.25))
