"""Models of other types are exported in float32."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import export
import keras_gen
import serving


@pytest.fixture
def double():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_dtype_policy(before)


def test_a_model_of_float64_is_exported(double, tmp_path):
    model = keras_gen.Autoencoder(image_shape=(8, 8, 1), latent_dim=2, encoder="mlp", decoder="mlp")
    assert any(layer.compute_dtype == "float64" for layer in model._flatten_layers())
    images = np.random.default_rng(0).uniform(-1, 1, (4, 8, 8, 1)).astype(np.float32)
    bundle = export.export_bundle(model, tmp_path / "bundle", io="float")
    sampler = serving.load(bundle)
    codes = sampler.encode(images)
    expected = model.inference_networks()["encoder"]({"image": images})["code"]
    np.testing.assert_allclose(codes, expected, atol=1e-4)
