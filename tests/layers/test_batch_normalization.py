from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers import BatchNormalization, InstanceNormalization

RNG = np.random.default_rng(0)


def both(shape, **options):
    """Ours and Keras's, with the same weights."""
    layers = [
        kind(momentum=0.7, epsilon=1e-3, **options) for kind in (BatchNormalization, keras.layers.BatchNormalization)
    ]
    for layer in layers:
        layer.build(shape)
        layer.set_weights([np.random.default_rng(1).uniform(0.5, 2.0, weight.shape) for weight in layer.weights])
    return layers


def gradients(layer, images):
    """Of a cubic loss, and of the squared norm of that gradient, as gradient penalties have them."""
    with tf.GradientTape() as outer:
        outer.watch(images)
        with tf.GradientTape() as inner:
            inner.watch(images)
            loss = tf.reduce_sum(layer(images, training=True) ** 3)
        first = inner.gradient(loss, [images, *[weight.value for weight in layer.trainable_variables]])
        norm = tf.reduce_sum(first[0] ** 2)
    return [*first, outer.gradient(norm, images)]


@pytest.mark.parametrize("shape", [(4, 5, 6, 3), (6, 4), (2, 3, 4, 2, 2)])
@pytest.mark.parametrize("options", [{}, {"center": False, "scale": False}], ids=["affine", "plain"])
def test_a_batch_its_gradients_and_the_statistics_are_those_of_keras(shape, options):
    images = tf.constant(RNG.normal(2.0, 3.0, shape), tf.float32)
    ours, keras_layer = both(shape, **options)
    np.testing.assert_allclose(ours(images, training=True), keras_layer(images, training=True), rtol=1e-4, atol=1e-5)
    for one, other in zip(ours.weights, keras_layer.weights, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-5, err_msg=one.path)
    for one, other in zip(gradients(ours, images), gradients(keras_layer, images), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3 * float(np.abs(other).max()))
    np.testing.assert_allclose(ours(images), keras_layer(images), rtol=1e-4, atol=1e-5)


def test_one_value_of_each_channel_gives_the_shift_and_a_variance_of_zero():
    layer, _ = both((1, 1, 1, 3))
    _, beta, mean, variance = layer.get_weights()
    values = np.array([1.0, 2.0, 3.0], np.float32)
    np.testing.assert_allclose(layer(values[None, None, None], training=True)[0, 0, 0], beta, rtol=1e-6)
    np.testing.assert_allclose(layer.get_weights()[2:], [0.7 * mean + 0.3 * values, 0.7 * variance], rtol=1e-6)


def test_a_frozen_layer_uses_and_keeps_its_statistics():
    layer, keras_layer = both((4, 3))
    layer.trainable = keras_layer.trainable = False
    before = layer.get_weights()
    codes = RNG.normal(size=(4, 3)).astype(np.float32)
    np.testing.assert_array_equal(layer(codes, training=True), keras_layer(codes, training=True))
    np.testing.assert_array_equal(layer.get_weights(), before)


@pytest.mark.parametrize("kind", [BatchNormalization, InstanceNormalization])
def test_bfloat16_is_normalized_by_statistics_in_float32(kind):
    """Of 32x32 values near 300, whose sum bfloat16 could not hold, the mean is known to a few thousandths."""
    layer = kind(epsilon=1e-3, dtype="mixed_bfloat16")
    images = tf.cast(300.0 + 16.0 * RNG.normal(size=(1, 32, 32, 2)), tf.bfloat16)
    exact = images.numpy().astype(np.float64)
    expected = (exact - exact.mean((0, 1, 2))) / np.sqrt(exact.var((0, 1, 2)) + 1e-3)
    given = layer(images, training=True) if kind is BatchNormalization else layer(images)
    assert given.dtype == tf.bfloat16
    np.testing.assert_allclose(given.numpy().astype(np.float64), expected, atol=0.02)
