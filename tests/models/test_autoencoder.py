from __future__ import annotations

import keras
import numpy as np
import pytest

import export
import keras_gen
import serving
from serving import InputError
from tests.harness import ModelContract

SMALL = {
    "image_shape": (8, 8, 1),
    "latent_dim": 5,
    "encoder": {"name": "mlp", "units": [16]},
    "decoder": {"name": "mlp", "units": [16]},
}


class TestAutoencoder(ModelContract):
    model_class = keras_gen.Autoencoder
    arguments = SMALL


class TestConvolutionalAutoencoder(ModelContract):
    model_class = keras_gen.Autoencoder
    arguments = {**SMALL, "encoder": {"name": "conv", "filters": 4}, "decoder": {"name": "conv", "filters": 4}}


class WassersteinAutoencoder(ModelContract):
    """Of several replicas and processes alone (`test_two_replicas.py`, `fit_as_worker.py`)."""

    model_class = keras_gen.Autoencoder
    arguments = {**SMALL, "regularizer": "mmd", "regularizer_weight": 0.5}


def test_a_linear_autoencoder_finds_the_principal_components():
    """Baldi & Hornik 1989: the least squared error of a linear code of length k is that of the first k components."""
    rng = np.random.default_rng(0)
    data = rng.standard_normal((512, 4)) @ np.diag([1.0, 0.5, 0.1, 0.05]) @ np.linalg.qr(rng.standard_normal((4, 4)))[0]
    data = 0.4 * (data - data.mean(axis=0)).astype(np.float32)  # within [-1, 1]
    encoder = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    decoder = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4), keras.layers.Reshape((2, 2, 1))])
    model = keras_gen.Autoencoder(image_shape=(2, 2, 1), latent_dim=2, encoder=encoder, decoder=decoder)
    model.compile(optimizer=keras.optimizers.Adam(0.02))
    model.fit(data.reshape(-1, 2, 2, 1), batch_size=512, epochs=400, verbose=0)
    error = model.evaluate(data.reshape(-1, 2, 2, 1), batch_size=512, verbose=0, return_dict=True)["loss"]
    variances = np.linalg.eigvalsh(data.T @ data / len(data))
    assert error == pytest.approx(variances[:2].sum() / 4, rel=0.02)


def test_the_reported_decibels_are_those_of_the_error(pictures):
    model = keras_gen.Autoencoder(**SMALL)
    model.compile(optimizer="sgd")
    report = model.evaluate(pictures[:1], verbose=0, return_dict=True)
    assert report["psnr"] == pytest.approx(10 * np.log10(4 / report["loss"]), rel=1e-5)


def test_a_bundle_reconstructs_and_does_not_sample(pictures, tmp_path):
    model = keras_gen.Autoencoder(**SMALL)
    sampler = serving.load(export.export_bundle(model, tmp_path / "bundle"))
    assert sampler.abilities == ("decode", "encode")
    grey = np.rint((pictures + 1) * 127.5).astype(np.uint8)
    assert sampler.encode(grey).shape == (96, 5)
    expected = serving.common.images.to_uint8(model(grey / np.float32(127.5) - 1).numpy())
    assert np.abs(sampler.reconstruct(grey).astype(int) - expected).max() <= 1
    with pytest.raises(InputError, match="must have the network 'noise'"):
        sampler.sample(1)
