from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gen
from serving import InputError
from tests.harness import ModelContract


class TestVAE(ModelContract):
    model_class = keras_gen.VAE
    arguments = {
        "image_shape": (8, 8, 1),
        "latent_dim": 3,
        "encoder": {"name": "conv", "filters": 4, "units": 16},
        "decoder": {"name": "conv", "filters": 4, "units": 16},
        "seed": 7,
    }


class TestGaussianVAE(ModelContract):
    model_class = keras_gen.VAE
    arguments = {
        "image_shape": (8, 8, 1),
        "latent_dim": 2,
        "encoder": {"name": "mlp", "units": [16]},
        "decoder": {"name": "mlp", "units": [16]},
        "likelihood": "gaussian",
        "sigma": 0.5,
        "beta": 2.0,
    }


def linear_vae(**arguments) -> keras.Model:
    """A VAE whose networks are single dense layers, so that its bound has a closed form."""
    encoder = keras.Sequential([keras.Input((1, 1, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    decoder = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1), keras.layers.Reshape((1, 1, 1))])
    return keras_gen.VAE(image_shape=(1, 1, 1), latent_dim=1, encoder=encoder, decoder=decoder, **arguments)


def test_the_bound_is_tight_for_the_exact_posterior():
    """p(x|z) = N(a z, s^2), so p(x) = N(0, a^2 + s^2) and q(z|x) = N(a x / (a^2 + s^2), s^2 / (a^2 + s^2))."""
    a, sigma = 0.8, 0.6
    total = a**2 + sigma**2
    model = linear_vae(likelihood="gaussian", sigma=sigma)
    model.encoder.set_weights([np.array([[a / total, 0.0]]), np.array([0.0, np.log(sigma**2 / total)])])
    model.decoder.set_weights([np.array([[a]]), np.array([0.0])])
    x = np.linspace(-0.9, 0.9, 7, dtype=np.float32)
    noise = np.random.default_rng(0).standard_normal((200_000, 1)).astype(np.float32)
    for value in x:
        images = np.full((len(noise), 1, 1, 1), value, np.float32)
        elbo = model.bound(images, noise, training=False)["elbo"].numpy()
        log_evidence = -0.5 * np.log(2 * np.pi * total) - value**2 / (2 * total)
        standard_error = elbo.std() / np.sqrt(len(noise))
        assert abs(elbo.mean() - log_evidence) < 5 * standard_error + 1e-5


def test_terms_add_up_in_nats_per_picture(pictures):
    model = keras_gen.VAE(image_shape=(8, 8, 1), latent_dim=2, beta=3.0)
    model.compile(optimizer="sgd")
    report = model.evaluate(pictures, verbose=0, return_dict=True)
    assert report["elbo"] == pytest.approx(-(report["reconstruction"] + report["kl"]), rel=1e-6)
    assert report["loss"] == pytest.approx(report["reconstruction"] + 3.0 * report["kl"], rel=1e-6)
    # An untrained decoder gives logits near 0: 64 pixels of log 2 nats each.
    assert report["reconstruction"] == pytest.approx(64 * np.log(2), rel=0.05)


def test_training_raises_the_bound(pictures):
    model = keras_gen.VAE(image_shape=(8, 8, 1), latent_dim=2, encoder="mlp", decoder="mlp")
    model.compile(optimizer="adam")
    history = model.fit(pictures, batch_size=32, epochs=15, verbose=0).history["elbo"]
    assert history[-1] > history[0] + 5


def test_predict_gives_pictures_in_range(small_vae, pictures):
    reconstructions = small_vae.predict(pictures, verbose=0)
    assert reconstructions.shape == pictures.shape
    assert np.abs(reconstructions).max() <= 1


def test_a_seed_gives_the_same_samples(small_vae):
    np.testing.assert_array_equal(small_vae.sample(5, seed=2), small_vae.sample(5, seed=2))
    np.testing.assert_allclose(small_vae.sample(5, seed=2)[:3], small_vae.sample(3, seed=2), atol=1e-6)
    assert not np.allclose(small_vae.sample(5, seed=2), small_vae.sample(5, seed=3))


def test_labels_in_the_data_are_ignored(pictures):
    model = keras_gen.VAE(image_shape=(8, 8, 1), latent_dim=2)
    model.compile(optimizer="sgd")
    data = tf.data.Dataset.from_tensor_slices((pictures, np.zeros(len(pictures), np.int64))).batch(32)
    assert set(model.fit(data, shuffle=False, verbose=0).history) == {"loss", "elbo", "reconstruction", "kl"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"latent_dim": 0}, "`latent_dim` must be at least 1. Received: 0."),
        ({"likelihood": "poisson"}, "Received: 'poisson'."),
        ({"sigma": 0.0}, "`sigma` must be positive. Received: 0.0."),
        ({"beta": -1.0}, "`beta` must be at least 0. Received: -1.0."),
        ({"encoder": "convv"}, "Did you mean 'conv'?"),
        ({"encoder": {"name": "conv", "filter": 3}}, "Did you mean 'filters'?"),
        ({"image_shape": (7, 7, 1)}, "Received: 7x7; choose another --image_size"),
    ],
)
def test_impossible_arguments_are_named(arguments, message):
    with pytest.raises(InputError, match=r"Received") as error:
        keras_gen.VAE(**{"image_shape": (8, 8, 1), **arguments})
    assert message in str(error.value)


def test_a_network_of_the_wrong_shape_is_named():
    decoder = keras.Sequential([keras.Input((4,)), keras.layers.Dense(64), keras.layers.Reshape((8, 8, 1))])
    with pytest.raises(InputError, match=r"`decoder` must map \(2,\) to \(8, 8, 1\)"):
        keras_gen.VAE(image_shape=(8, 8, 1), latent_dim=2, decoder=decoder)
