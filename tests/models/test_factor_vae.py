from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gen
from keras_gen.models.factor_vae import shuffled
from serving import InputError
from tests.harness import ModelContract, report_of_a_step

SMALL = {
    "image_shape": (8, 8, 1),
    "latent_dim": 3,
    "encoder": {"name": "mlp", "units": [16]},
    "decoder": {"name": "mlp", "units": [16]},
    "discriminator": {"name": "mlp", "units": [16]},
}


class TestFactorVAE(ModelContract):
    model_class = keras_gen.FactorVAE
    arguments = {**SMALL, "seed": 5}

    def test_micro_batches_equal_the_whole_batch(self, pictures):
        """They are refused: dimensions are shuffled among the pictures of the whole batch."""
        with pytest.raises(InputError, match="over the whole batch"):
            self.build().micro_batches = 4


def test_dimensions_are_shuffled_each_apart():
    latents = tf.constant(np.arange(40.0).reshape(20, 2), tf.float32)
    mixed = shuffled(latents, tf.random.stateless_uniform((20, 2), (1, 2))).numpy()
    for column, original in zip(mixed.T, latents.numpy().T, strict=True):
        np.testing.assert_array_equal(np.sort(column), original)
    together = mixed[:, 1] - mixed[:, 0] == 1
    assert together.sum() < 6


def test_the_loss_has_the_weighted_correlation(pictures):
    model = keras_gen.FactorVAE(**SMALL, gamma=4.0)
    model.compile(autoencoder_optimizer="sgd", discriminator_optimizer="sgd")
    model.run_eagerly = True
    report = report_of_a_step(model, pictures)
    expected = report["reconstruction"] + report["kl"] + 4.0 * report["total_correlation"]
    assert report["loss"] == pytest.approx(expected, rel=1e-5)
    assert report["elbo"] == pytest.approx(-report["reconstruction"] - report["kl"], rel=1e-5)


def test_the_discriminator_finds_the_total_correlation():
    """Of two normal numbers with correlation r it is -log(1 - r^2) / 2, here 0.51 nats."""
    model = keras_gen.FactorVAE(**{**SMALL, "latent_dim": 2, "discriminator": {"name": "mlp", "units": [32, 32]}})
    rng = np.random.default_rng(0)
    correlation = 0.8
    first, other = rng.standard_normal((2, 2000)).astype(np.float32)
    latents = tf.constant(np.stack([first, correlation * first + 0.6 * other], axis=1))
    optimizer = keras.optimizers.Adam(0.01)
    optimizer.build(model.discriminator.trainable_variables)

    @tf.function
    def step(order):
        with tf.GradientTape() as tape:
            terms = model._discriminator_terms(latents, shuffled(latents, order), training=True)
            loss = tf.reduce_mean(terms["loss"])
        weights = model.discriminator.trainable_variables
        optimizer.apply(tape.gradient(loss, [weight.value for weight in weights]), weights)

    for index in range(200):
        step(tf.random.stateless_uniform((2000, 2), (index, 0)))
    found = float(tf.reduce_mean(model._judge(latents, training=False)))
    assert found == pytest.approx(-0.5 * np.log(1 - correlation**2), abs=0.1)


def test_a_single_latent_has_no_correlation():
    with pytest.raises(InputError, match="`latent_dim` must be at least 2"):
        keras_gen.FactorVAE(**{**SMALL, "latent_dim": 1})
