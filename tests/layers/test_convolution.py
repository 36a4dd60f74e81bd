from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers import Conv2D, Conv2DTranspose

RNG = np.random.default_rng(0)
KINDS = {Conv2D: keras.layers.Conv2D, Conv2DTranspose: keras.layers.Conv2DTranspose}


def results(layer, images, penalty):
    """What a layer makes, and the gradients of a loss or of a gradient penalty."""
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(images)
            made = layer(images)
            loss = tf.reduce_sum(tf.cast(made, tf.float32) ** 2)
        if penalty:
            loss = tf.reduce_sum(tf.cast(inner.gradient(loss, images), tf.float32) ** 2)
    return made, outer.gradient(loss, [weight.value for weight in layer.trainable_variables])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [{"kernel_size": 4, "strides": 2}, {"kernel_size": 3}, {"kernel_size": (2, 5)}])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("penalty", [False, True], ids=["loss", "penalty"])
def test_few_pixels_in_bfloat16_have_the_gradients_of_keras_in_float32(kind, options, padding, penalty):
    images = tf.cast(RNG.normal(size=(3, 6, 8, 5)), tf.bfloat16)
    options = {**options, "padding": padding, "activation": "relu"}
    ours, other = kind(4, dtype="mixed_bfloat16", **options), KINDS[kind](4, **options)
    ours.build(images.shape)
    other.build(images.shape)
    rounded = [tf.cast(tf.cast(weight, tf.bfloat16), tf.float32) for weight in ours.get_weights()]
    for layer in (ours, other):
        layer.set_weights(rounded)
    made, gradients = results(ours, images, penalty)
    expected, exact = results(other, tf.cast(images, tf.float32), penalty)
    # bfloat16 has 8 bits, and a rectifier's input may round across zero.
    np.testing.assert_allclose(tf.cast(made, tf.float32), expected, rtol=0.02, atol=0.02)
    for one, another in zip(gradients, exact, strict=True):
        np.testing.assert_allclose(one, another, atol=0.03 * float(np.abs(another).max()))


def test_other_numbers_and_many_pixels_are_left_to_keras():
    for kind, dtype, side in ((Conv2D, "float32", 4), (Conv2DTranspose, "float32", 4), (Conv2D, "bfloat16", 32)):
        layer, images = kind(2, 3, dtype=dtype), tf.cast(RNG.normal(size=(1, side, side, 3)), dtype)
        layer.build(images.shape)
        graph = tf.function(layer).get_concrete_function(images).graph
        assert "IdentityN" not in {operation.type for operation in graph.get_operations()}
