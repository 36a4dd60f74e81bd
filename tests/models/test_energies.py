"""What is minimized in place of a likelihood, and of which therefore none is reported."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy.ndimage import gaussian_filter

import export
import keras_gen
import serving
from keras_gen.data import Source
from keras_gen.data.examples import Examples
from keras_gen.losses import ms_ssim_error
from keras_gen.metrics.evaluation import evaluate_model
from serving import InputError
from serving.common.images import to_uint8

NETWORK = {"name": "mlp", "units": [8]}
SMALL = {"image_shape": (12, 12, 1), "latent_dim": 2, "encoder": NETWORK, "decoder": NETWORK}
LABELLED = {**SMALL, "classes": ("a", "b")}
MODELS = {
    keras_gen.VAE: SMALL,
    keras_gen.ConditionalVAE: LABELLED,
    keras_gen.FactorVAE: {**SMALL, "discriminator": NETWORK},
    keras_gen.AAE: {**SMALL, "discriminator": NETWORK},
    keras_gen.SemiSupervisedAAE: {**LABELLED, "class_discriminator": NETWORK, "style_discriminator": NETWORK},
}


@pytest.fixture
def images():
    drawn = np.random.default_rng(0).uniform(-1, 1, (8, 12, 12, 1))
    return np.clip(2 * gaussian_filter(drawn, (0, 1, 1, 0)), -1, 1).astype(np.float32)


@pytest.mark.parametrize("model_class", MODELS)
def test_the_energy_is_reported_and_no_likelihood(model_class, images):
    model = model_class(**MODELS[model_class], likelihood="ms_ssim", sigma=0.5)
    assert model.spec.likelihood is None
    assert not {"elbo", "sampled_elbo", "importance_bound"} & set(model.trackers)
    given = np.random.default_rng(1).uniform(-1, 1, images.shape).astype(np.float32)
    energy = 144 * ms_ssim_error(tf.constant(images), tf.constant(given)) / (2 * 0.25)
    np.testing.assert_allclose(model.pixels.negative_log_likelihood(images, given), energy, rtol=1e-5)
    np.testing.assert_array_equal(model.pixels(2 * given), np.clip(2 * given, -1, 1))


def test_training_lowers_it_and_neither_evaluation_nor_bundle_states_a_likelihood(images, tmp_path):
    model = keras_gen.VAE(**SMALL, likelihood="ms_ssim", sigma=0.5, seed=2)
    model.compile(optimizer="adam")
    losses = model.fit(images, epochs=12, batch_size=8, verbose=0).history["reconstruction"]
    assert losses[-1] < losses[0]
    source = Source("drawn", "test", Examples(to_uint8(images)))
    names = {figure.name for figure in evaluate_model(model, source, None, samples=3, seed=0)}
    assert {"reconstruction", "kl"} <= names
    assert not {"nll", "elbo", "sampled_elbo"} & names
    assert serving.Manifest.read(export.export_bundle(model, tmp_path / "bundle")).likelihood is None


@pytest.mark.parametrize("model_class", MODELS)
def test_an_energy_without_a_scale_and_small_pictures_are_refused(model_class):
    with pytest.raises(InputError, match="`sigma` must be given for 'ms_ssim', which cannot learn it. Received: None."):
        model_class(**MODELS[model_class], likelihood="ms_ssim", sigma=None)
    with pytest.raises(InputError, match="pictures must have sides of at least 11 for 'ms_ssim'. Received: 8x8."):
        model_class(**{**MODELS[model_class], "image_shape": (8, 8, 1)}, likelihood="ms_ssim")
