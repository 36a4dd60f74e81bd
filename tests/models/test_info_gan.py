from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import keras_gen
from keras_gen.layers import InfoPrior
from keras_gen.losses import code_surprise, invariant_information
from serving import InputError
from serving.common.noise import standard_normal
from tests.harness import ModelContract, seed_initializers

NETWORK = {"name": "mlp", "units": [32]}


class TestInfoGAN(ModelContract):
    model_class = keras_gen.InfoGAN
    arguments = {
        "image_shape": (8, 8, 1),
        "latent_dim": 6,
        "categories": 3,
        "continuous": 2,
        "generator": {"name": "dcgan", "filters": 4},
        "discriminator": {"name": "dcgan", "filters": 4, "batch_normalization": False},
        "penalties": {"r1": 0.1},
        "consistency": 0.1,
        "invariance": 0.5,
    }
    stateless = {"invariance": 0.0}


def test_the_prior_has_uniform_codes_equal_categories_and_normal_numbers():
    prior = InfoPrior(7, continuous=2, categories=4)
    assert prior.noise_size == 4
    latents = prior(standard_normal(3, 20000, 4)).numpy()
    for column in (0, 1):
        assert stats.kstest(latents[:, column], stats.uniform(-1, 2).cdf).pvalue > 0.01
    np.testing.assert_array_equal(np.sort(latents[:, 2:6], axis=1)[:, -2:], [[0.0, 1.0]] * 20000)
    assert stats.chisquare(latents[:, 2:6].sum(axis=0)).pvalue > 0.01
    assert stats.kstest(latents[:, 6], stats.norm.cdf).pvalue > 0.01
    np.testing.assert_array_equal(prior(np.full((1, 4), 9.0, np.float32))[0, :6], [1, 1, 0, 0, 0, 1])
    assert InfoPrior(3, continuous=0, categories=2).noise_size == 2
    assert InfoPrior(3, continuous=2, categories=0).noise_size == 3


def test_the_surprise_is_that_of_normal_codes_and_categories():
    latents = tf.constant([[0.5, -1.0, 0.0, 1.0, 9.0]])
    guess = tf.constant([[0.0, 1.0, 0.0, np.log(3.0)]], tf.float32)
    expected = 0.1 * (0.25 + 4.0) / 2 + 2.0 * np.log(4 / 3)
    np.testing.assert_allclose(code_surprise(latents, guess, 2, 0.1, 2.0), [expected], rtol=1e-6)
    np.testing.assert_allclose(code_surprise(latents, guess[:, :2], 2), [(0.25 + 4.0) / 2], rtol=1e-6)


def test_what_two_guesses_tell_of_each_other_is_mutual_information():
    first, second = np.random.default_rng(1).dirichlet([0.5] * 3, (2, 40)).astype(np.float32)
    pairs = np.einsum("na,nb->ab", first, second) / 40
    joint = (pairs + pairs.T) / 2
    alone = joint.sum(axis=0)
    expected = (joint * np.log(joint / np.outer(alone, alone))).sum()
    made = tf.Variable(first)
    with tf.GradientTape(persistent=True) as tape:
        loss = invariant_information(made, second, first, second)
        of_all = tf.reduce_mean(loss)
        whole = tf.reduce_mean(invariant_information(made, second, made, second))
    np.testing.assert_allclose(of_all, -expected, rtol=1e-5)
    # The frequencies' own gradients differ by a constant for each picture, which its probabilities' sum cannot follow.
    known, exact = tape.gradient(of_all, made).numpy(), tape.gradient(whole, made).numpy()
    np.testing.assert_allclose(known - known.mean(axis=1, keepdims=True), exact - exact.mean(axis=1, keepdims=True))
    sure = np.eye(4, dtype=np.float32)
    np.testing.assert_allclose(invariant_information(sure, sure, sure, sure), [-np.log(4)] * 4, rtol=1e-5)
    equal = np.full((4, 4), 0.25, np.float32)
    np.testing.assert_allclose(invariant_information(equal, equal, equal, equal), [0.0] * 4, atol=1e-6)


def test_the_codes_can_be_read_off_the_pictures_again(pictures):
    seed_initializers()
    model = keras_gen.InfoGAN((8, 8, 1), 4, 2, 1, generator=NETWORK, discriminator=NETWORK, ema_decay=0.9, seed=1)
    model.compile(generator_optimizer="adam", discriminator_optimizer="adam")
    model.fit(pictures, batch_size=32, epochs=60, verbose=0)
    latents = model.prior_latents(400, 5)
    code = model.inference_networks()["encoder"]({"image": model(latents)})["code"].numpy()
    assert ((code[:, 1] > 0.5) == (latents[:, 1] == 1)).mean() > 0.95
    np.testing.assert_allclose(code[:, 1:3].sum(axis=1), 1.0, rtol=1e-5)
    np.testing.assert_array_equal(code[:, 3], 0.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"latent_dim": 12}, "`latent_dim` must be above 12, which the codes take. Received: 12."),
        ({"categories": 1}, "or two categories. Received: continuous=2, categories=1."),
        ({"categories": 0, "continuous": 0}, "or two categories. Received: continuous=0, categories=0."),
        ({"categories": 0, "invariance": 1.0}, "`invariance` needs categories. Received: 1.0 with categories=0."),
        ({"code_weight": -1.0}, "`code_weight` must be at least 0. Received: -1.0"),
    ],
)
def test_impossible_options_are_named(options, message):
    with pytest.raises(InputError) as error:
        keras_gen.InfoGAN((8, 8, 1), generator="mlp", discriminator="mlp", **options)
    assert message in str(error.value)
