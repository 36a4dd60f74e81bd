from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import softmax

from keras_gen.layers import SelfAttention, SpectralConv2D
from serving import InputError

IMAGES = np.random.default_rng(0).standard_normal((2, 6, 4, 16)).astype(np.float32)


def network(**options):
    images = keras.Input((6, 4, 16))
    return keras.Model(images, SelfAttention(**options)(images))


def test_a_new_layer_gives_its_input_back():
    np.testing.assert_array_equal(network()(IMAGES), IMAGES)


def test_it_computes_what_the_paper_states():
    model = network()
    layer = model.layers[-1]
    layer.gamma.assign(0.7)
    theta, phi, g, out = (part.kernel.numpy()[0, 0] for part in (layer.theta, layer.phi, layer.g, layer.out))
    assert (theta.shape, phi.shape, g.shape, out.shape) == ((16, 2), (16, 2), (16, 8), (8, 16))

    def pooled(x):
        return x.reshape(2, 3, 2, 2, 2, -1).max(axis=(2, 4)).reshape(2, 6, -1)

    queries = (IMAGES @ theta).reshape(2, 24, 2)
    keys, values = pooled(IMAGES @ phi), pooled(IMAGES @ g)
    attended = softmax(np.einsum("bqc,bkc->bqk", queries, keys), axis=-1) @ values
    expected = IMAGES + 0.7 * (attended @ out).reshape(2, 6, 4, 16)
    np.testing.assert_allclose(model(IMAGES), expected, atol=1e-5)


def test_spectral_normalization_reaches_the_convolutions():
    layer = network(spectral_normalization=True).layers[-1]
    assert all(isinstance(part, SpectralConv2D) for part in (layer.theta, layer.phi, layer.g, layer.out))


def test_a_regularizer_reaches_the_convolutions():
    model = network(kernel_regularizer=keras.regularizers.L2(2.0))
    kernels = [weight.numpy() for weight in model.trainable_weights if weight.name == "kernel"]
    assert float(sum(model.losses)) == pytest.approx(2.0 * sum((k**2).sum() for k in kernels), rel=1e-5)


def test_a_saved_layer_computes_the_same(tmp_path):
    model = network(spectral_normalization=True, kernel_initializer="orthogonal")
    model.layers[-1].gamma.assign(0.7)
    model(IMAGES, training=True)
    model.save(tmp_path / "m.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "m.keras")(IMAGES), model(IMAGES))


def test_the_softmax_survives_mixed_precision():
    model = network(dtype="mixed_bfloat16")
    outputs = model(IMAGES)
    assert outputs.dtype == tf.bfloat16
    # The input rounded to the eight bits of bfloat16.
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), IMAGES, rtol=2**-8)


@pytest.mark.parametrize("shape", [(1, 4, 16), (4, 4, 7)])
def test_an_input_that_is_too_small_is_named(shape):
    with pytest.raises(InputError, match=r"at least 2 and 8 channels. Received: \dx4x"):
        SelfAttention().build((None, *shape))
