from __future__ import annotations

import keras
import numpy as np
import pytest

from keras_gen.layers import ConditionalBatchNormalization, SpectralDense

RNG = np.random.default_rng(0)
IMAGES = (3.0 * RNG.standard_normal((5, 4, 4, 6)) + 2.0).astype(np.float32)
CONDITIONS = RNG.standard_normal((5, 3)).astype(np.float32)


def network(**options):
    images, conditions = keras.Input((4, 4, 6)), keras.Input((3,))
    return keras.Model([images, conditions], ConditionalBatchNormalization(**options)(images, conditions))


def expected(model, mean, variance, epsilon):
    layer = model.layers[-1]
    gain, shift = (CONDITIONS @ matrix.kernel.numpy() for matrix in (layer.gain, layer.shift))
    normalized = (IMAGES - mean) / np.sqrt(variance + epsilon)
    return (1 + gain)[:, None, None] * normalized + shift[:, None, None]


def test_training_uses_the_batchs_statistics_and_inference_the_moving_ones():
    model = network(momentum=0.8, epsilon=1e-3)
    mean, variance = IMAGES.mean(axis=(0, 1, 2)), IMAGES.var(axis=(0, 1, 2))
    np.testing.assert_allclose(
        model([IMAGES, CONDITIONS], training=True), expected(model, mean, variance, 1e-3), atol=1e-4
    )
    moving = 0.2 * mean, 0.8 + 0.2 * variance
    np.testing.assert_allclose(model([IMAGES, CONDITIONS]), expected(model, *moving, 1e-3), atol=1e-4)


def test_without_a_condition_it_is_plain_normalization():
    model = network()
    plain = keras.layers.BatchNormalization(epsilon=1e-5, center=False, scale=False)
    nothing = np.zeros_like(CONDITIONS)
    np.testing.assert_allclose(model([IMAGES, nothing], training=True), plain(IMAGES, training=True), atol=1e-5)


def test_spectral_normalization_reaches_the_matrices():
    layer = network(spectral_normalization=True).layers[-1]
    assert isinstance(layer.gain, SpectralDense)
    assert isinstance(layer.shift, SpectralDense)


def test_a_saved_layer_computes_the_same(tmp_path):
    model = network(
        spectral_normalization=True, kernel_initializer="orthogonal", kernel_regularizer=keras.regularizers.L2(0.5)
    )
    model([IMAGES, CONDITIONS], training=True)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded([IMAGES, CONDITIONS]), model([IMAGES, CONDITIONS]))
    assert float(sum(loaded.losses)) == pytest.approx(float(sum(model.losses)))
