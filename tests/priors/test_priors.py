from __future__ import annotations

import numpy as np
import pytest

import export
import keras_gen
import serving
from keras_gen.priors import PRIORS, PriorOptions, fit_prior
from keras_gen.training.fitted_prior import read_prior, write_prior
from serving import InputError
from serving.common.images import to_uint8
from serving.common.noise import standard_normal

SMALL = {
    "image_shape": (8, 8, 1),
    "latent_dim": 2,
    "encoder": {"name": "mlp", "units": [8]},
    "decoder": {"name": "mlp", "units": [8]},
}
# Around a ring of radius 2, which is no Gaussian: a radius is 2 +- 0.1.
ANGLES = np.random.default_rng(0).uniform(0, 2 * np.pi, 2000)
RING = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1) * (2 + 0.1 * np.random.default_rng(1).normal(size=(2000, 1)))


@pytest.fixture(scope="module")
def model():
    model = keras_gen.Autoencoder(**SMALL)
    model.compile()
    return model


def radii(prior, n=2000):
    noise = standard_normal(3, n, prior.network.input["noise"].shape[-1])
    return np.linalg.norm(prior.network({"noise": noise}, training=False)["latent"], axis=1)


def test_a_gaussian_has_the_mean_and_covariance_of_the_codes(model):
    codes = RING @ np.array([[1.0, 0.3], [0.0, 0.5]]) + [3.0, -1.0]
    network = fit_prior(model, codes, "gaussian").network
    draws = np.asarray(network({"noise": standard_normal(0, 20_000, 2)})["latent"])
    np.testing.assert_allclose(draws.mean(axis=0), codes.mean(axis=0), atol=0.05)
    np.testing.assert_allclose(np.cov(draws, rowvar=False), np.cov(codes, rowvar=False), atol=0.06)


@pytest.mark.parametrize(("kind", "epochs", "within"), [("mixture", 1, 0.3), ("flow", 40, 0.6)])
def test_a_ring_is_drawn_where_a_gaussian_fills_it(model, kind, epochs, within):
    """The mean distance from the radius is 0.08 of the codes, and 0.79 of a Gaussian's draws."""
    away = np.abs(radii(fit_prior(model, RING, "gaussian")) - 2).mean()
    prior = fit_prior(model, RING, kind, PriorOptions(components=20, epochs=epochs))
    assert np.abs(radii(prior) - 2).mean() < within * away
    assert prior.described() == {"kind": kind, "codes": 2000, "seed": 0}


def test_a_second_stage_is_as_wide_as_the_codes_and_the_same_seed_fits_the_same(model):
    options = PriorOptions(epochs=6, seed=3)
    first, second = (fit_prior(model, RING, "two_stage", options).network for _ in range(2))
    draws, again = (network({"noise": standard_normal(0, 2000, 4)})["latent"].numpy() for network in (first, second))
    np.testing.assert_array_equal(draws, again)
    np.testing.assert_allclose(draws.mean(axis=0), RING.mean(axis=0), atol=0.3)
    np.testing.assert_allclose(draws.std(axis=0), RING.std(axis=0), rtol=0.3)


@pytest.mark.parametrize(
    ("kind", "codes", "message"),
    [
        ("gausian", RING, "Did you mean 'gaussian'?"),
        ("gaussian", RING[:, :1], "two of 2 numbers. Received: the shape (2000, 1)"),
        ("gaussian", RING[:1], "at least two"),
        ("gaussian", RING * np.nan, "must be finite"),
        ("mixture", RING[:5], "--components must be at most the number of codes, 5. Received: 10."),
    ],
)
def test_what_cannot_be_fitted_is_named(model, kind, codes, message):
    with pytest.raises(InputError, match="must") as error:
        fit_prior(model, codes, kind)
    assert message in str(error.value)
    assert set(PRIORS) == {"gaussian", "mixture", "two_stage", "flow"}


def test_a_model_with_a_prior_is_sampled_like_its_bundle(tmp_path):
    model = keras_gen.Autoencoder(**SMALL)
    model.compile()
    with pytest.raises(InputError, match="must have a prior"):
        model.sample(1)
    prior = fit_prior(model, RING, "mixture", PriorOptions(components=3))
    model.use_prior(prior)
    sampler = serving.load(export.export_bundle(model, tmp_path / "bundle"))
    assert sampler.latent.prior == "fitted"
    assert sampler.manifest.training["prior"] == {"kind": "mixture", "codes": 2000, "seed": 0}
    np.testing.assert_allclose(sampler.latents(5, seed=4), model.prior_latents(5, seed=4), atol=1e-5)
    expected = to_uint8(model.sample(5, seed=4)).astype(int)
    assert np.abs(sampler.sample(5, seed=4) - expected).max() <= 1


def test_a_prior_belongs_to_weights(tmp_path):
    model = keras_gen.Autoencoder(**SMALL)
    prior = fit_prior(model, RING, "gaussian")
    assert read_prior(tmp_path, model) is None
    file = write_prior(tmp_path, prior)
    assert read_prior(tmp_path, model).described() == prior.described()
    other = keras_gen.Autoencoder(**SMALL)
    other.decoder.trainable_weights[-1].assign_add([1.0] * 64)
    with pytest.raises(InputError, match=r"fit it again .*Received: a prior of other weights"):
        read_prior(tmp_path, other)
    file.write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"prior.keras must be as `keras-gen fit-prior` wrote it"):
        read_prior(tmp_path, model)


def test_a_prior_of_another_length_is_refused(model):
    other = keras_gen.Autoencoder(**{**SMALL, "latent_dim": 3})
    with pytest.raises(InputError, match="must draw latents of 3 numbers. Received: 2."):
        other.use_prior(fit_prior(model, RING, "gaussian"))
