from __future__ import annotations

import numpy as np
import pytest

import keras_gen
from keras_gen.metrics import kolmogorov_smirnov
from keras_gen.metrics.generation import aggregate_codes, drawn_pictures, evaluate_prior_match
from serving import InputError
from serving.common.noise import standard_normal
from tests.models.test_vae import exact_linear_vae


def test_draws_are_those_of_the_prior_that_the_model_states(small_vae):
    np.testing.assert_array_equal(small_vae.prior_latents(5, 7), standard_normal(7, 5, 2))
    with pytest.raises(InputError, match="must have a prior to draw from. Received: Autoencoder"):
        keras_gen.Autoencoder((8, 8, 1)).prior_latents(5, 0)


def test_drawn_pictures_are_the_models_samples(small_vae):
    np.testing.assert_allclose(drawn_pictures(small_vae, 300, 3), small_vae.sample(300, 3), atol=1e-6)


def test_the_codes_of_all_data_follow_the_prior_where_model_and_posterior_are_exact():
    """For data from the model itself, posterior draws are prior draws; posterior means are not."""
    model, _ = exact_linear_vae(a=0.6, sigma=0.8)
    rng, n = np.random.default_rng(0), 4000
    x = rng.normal(0, 1.0, (n, 1, 1, 1)).astype(np.float32)  # variance 0.6^2 + 0.8^2
    codes, draws = aggregate_codes(model, x, None, seed=1), model.prior_latents(n, 2)
    critical = 2.5 * np.sqrt(2 / n)  # exceeded with probability 7e-6
    assert kolmogorov_smirnov(codes, draws)[0] < critical
    means = model.posterior_of(x)[0].numpy()
    assert kolmogorov_smirnov(means, draws)[0] > 1.5 * critical  # their deviation is 0.6
    again, other = (aggregate_codes(model, x, None, seed) for seed in (1, 2))
    np.testing.assert_array_equal(again, codes)
    assert not np.allclose(other, codes)


def test_codes_without_a_posterior_are_taken_as_they_are(pictures):
    model = keras_gen.Autoencoder((8, 8, 1), latent_dim=3)
    np.testing.assert_allclose(aggregate_codes(model, pictures, None, 0), model.encoder(pictures), atol=1e-6)


def test_a_match_is_no_further_than_the_prior_is_from_itself():
    rng = np.random.default_rng(0)
    draws, codes = rng.standard_normal((1000, 3)), rng.standard_normal((500, 3))
    codes[:, 2] *= 3
    found = {f.name: f for f in evaluate_prior_match(codes, draws, "made", {"seed": 0})}
    apart = kolmogorov_smirnov(codes, draws[:500])
    assert found["aggregate_ks"].value == pytest.approx(apart.mean())
    assert found["aggregate_ks_worst"].value == apart[2] == apart.max()
    for figure in found.values():
        assert figure.value > 2 * abs(figure.settings["prior against itself"])
        assert (figure.count, figure.settings["seed"]) == (500, 0)
