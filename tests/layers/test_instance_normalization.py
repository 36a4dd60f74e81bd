from __future__ import annotations

import keras
import numpy as np
import pytest

from keras_gen.layers import InstanceNormalization

RNG = np.random.default_rng(0)


def layer_of(channels, epsilon=1e-5, dtype="float32"):
    layer = InstanceNormalization(epsilon, dtype=dtype)
    layer.build((None, None, None, channels))
    layer.set_weights([RNG.normal(size=channels), RNG.normal(size=channels)])
    return layer


def normalized(images, layer):
    """Equation 4 of the paper, with the gain and the shift that its networks have."""
    gain, shift = layer.get_weights()
    mean, variance = images.mean((1, 2), keepdims=True), images.var((1, 2), keepdims=True)
    return gain * (images - mean) / np.sqrt(variance + layer.epsilon) + shift


@pytest.mark.parametrize("shape", [(1, 4, 6, 3), (5, 2, 2, 1)])
@pytest.mark.parametrize("epsilon", [1e-5, 0.1])
def test_it_is_the_papers_equation(shape, epsilon):
    images = RNG.normal(3.0, 2.0, shape).astype(np.float32)
    layer = layer_of(shape[-1], epsilon)
    np.testing.assert_allclose(layer(images), normalized(images.astype(float), layer), rtol=1e-4, atol=1e-5)


def test_a_picture_is_normalized_alone():
    images = RNG.normal(size=(4, 5, 5, 2)).astype(np.float32)
    layer = layer_of(2)
    np.testing.assert_allclose(layer(images)[1:2], layer(images[1:2]), rtol=1e-6, atol=1e-6)


def test_a_single_pixel_gives_the_shift():
    layer = layer_of(3)
    given = layer(RNG.normal(size=(2, 1, 1, 3)).astype(np.float32))
    np.testing.assert_allclose(given, np.broadcast_to(layer.get_weights()[1], (2, 1, 1, 3)), atol=1e-4)


def test_half_precision_does_not_lose_the_statistics():
    """The squares of these values, let alone their sum, are beyond float16."""
    images = (300 + RNG.normal(size=(1, 32, 32, 1))).astype(np.float16)
    layer = layer_of(1, dtype="mixed_float16")
    given = layer(images)
    assert given.dtype == "float16"
    expected = normalized(images.astype(float), layer)
    np.testing.assert_allclose(given, expected, atol=0.4)  # 300 times a scale of about 1, in steps of 0.25
    assert np.isfinite(given).all()


def test_it_is_saved_within_a_model_of_any_size(tmp_path):
    model = keras.Sequential([keras.Input((None, None, 2)), InstanceNormalization(0.01)])
    assert model.output_shape == (None, None, None, 2)
    model.set_weights([np.array([2.0, 3.0]), np.array([0.5, -0.5])])
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    for size in (2, 7):
        images = RNG.normal(size=(1, size, size + 1, 2)).astype(np.float32)
        np.testing.assert_array_equal(loaded(images), model(images))
