from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gen
from keras_gen.training.clipping import SpectralBound
from serving import InputError
from tests.harness import report_of_a_step

SMALL = {
    "image_shape": (8, 8, 1),
    "latent_dim": 3,
    "encoder": {"name": "mlp", "units": [8]},
    "decoder": {"name": "mlp", "units": [8]},
    "seed": 3,
}


def compiled(model: keras.Model, rate: float = 0.01) -> keras.Model:
    model.compile(optimizer=keras.optimizers.SGD(rate))
    model.run_eagerly = True
    return model


def linear(regularizer: str) -> keras.Model:
    """A linear decoder, whose Jacobian is its kernel."""
    decoder = keras.Sequential([keras.Input((3,)), keras.layers.Dense(64), keras.layers.Reshape((8, 8, 1))])
    return compiled(keras_gen.Autoencoder(**{**SMALL, "decoder": decoder}, regularizer=regularizer))


def test_l2_is_the_sum_of_the_decoders_squared_weights(pictures):
    model = linear("l2")
    expected = sum(float((w.numpy() ** 2).sum()) for w in model.decoder.trainable_weights)
    assert report_of_a_step(model, pictures)["regularizer"] == pytest.approx(expected, rel=1e-5)


def test_the_gradient_penalty_is_the_jacobians_sum_of_squares_in_expectation(pictures):
    model = linear("gradient_penalty")
    kernel = model.decoder.trainable_weights[0].numpy()
    many = np.tile(pictures, (20, 1, 1, 1))
    received = model.evaluate(many, batch_size=len(many), verbose=0, return_dict=True)["regularizer"]
    # The standard deviation of one of the 1,920 estimates is below 1.5 times the sum.
    assert received == pytest.approx((kernel**2).sum(), rel=0.12)


def test_the_spectral_bound_holds_before_and_after_an_update(pictures):
    model = compiled(keras_gen.Autoencoder(**SMALL, regularizer="spectral", regularizer_weight=0.5), rate=5.0)
    for _ in range(2):
        kernels = [w.numpy() for w in model.decoder.trainable_weights if len(w.shape) > 1]
        assert all(np.linalg.norm(kernel, 2) <= 0.5 * 1.05 for kernel in kernels)
        model.fit(pictures, batch_size=32, verbose=0)


def test_the_spectral_bound_leaves_small_weights_and_finds_the_largest_singular_value():
    matrix = np.random.default_rng(0).standard_normal((3, 3, 4, 5)).astype(np.float32)
    largest = np.linalg.norm(matrix.reshape(-1, 5), 2)
    np.testing.assert_allclose(SpectralBound(2.0)(matrix), matrix * 2.0 / largest, rtol=0.02)
    np.testing.assert_array_equal(SpectralBound(1.1 * largest)(matrix), matrix)


def test_the_weighted_terms_add_up(pictures):
    model = compiled(keras_gen.Autoencoder(**SMALL, regularizer="mmd", regularizer_weight=3.0, code_weight=0.2))
    codes = model.encoder(pictures[:32]).numpy()
    report = report_of_a_step(model, pictures)
    length = 0.5 * (codes**2).sum(axis=1).mean()
    expected = report["reconstruction"] + 0.2 * length + 3.0 * report["regularizer"]
    assert report["loss"] == pytest.approx(expected, rel=1e-4)


def test_mmd_brings_the_codes_to_the_prior_and_the_model_can_be_sampled(pictures):
    model = keras_gen.Autoencoder(**SMALL, regularizer="mmd", regularizer_weight=10.0)
    model.compile(optimizer=keras.optimizers.Adam(0.01))
    assert (model.spec.prior, model.spec.couples_examples) == ("standard_normal", True)
    before = model.evaluate(pictures, batch_size=96, verbose=0, return_dict=True)["regularizer"]
    model.fit(pictures, batch_size=96, epochs=60, verbose=0)
    after = model.evaluate(pictures, batch_size=96, verbose=0, return_dict=True)["regularizer"]
    assert after < 0.25 * before
    samples = model.sample(5, seed=1)
    assert samples.shape == (5, 8, 8, 1)
    assert np.abs(samples).max() <= 1
    np.testing.assert_array_equal(samples, model.sample(7, seed=1)[:5])


@pytest.mark.parametrize("regularizer", ["tc", "mmd"])
def test_a_vaes_loss_has_the_weighted_term(regularizer, pictures):
    model = compiled(keras_gen.VAE(**SMALL, beta=2.0, regularizer=regularizer, regularizer_weight=5.0))
    report = report_of_a_step(model, pictures)
    expected = report["reconstruction"] + 2.0 * report["kl"] + 5.0 * report["regularizer"]
    assert report["loss"] == pytest.approx(expected, rel=1e-5)
    assert model.spec.couples_examples
    with pytest.raises(InputError, match="over the whole batch"):
        model.micro_batches = 2


@pytest.mark.parametrize(
    ("model_class", "arguments", "message"),
    [
        (keras_gen.Autoencoder, {"regularizer": "mdd"}, "l2, gradient_penalty, spectral, mmd or null"),
        (keras_gen.Autoencoder, {"regularizer_weight": 2.0}, "must be left out without a `regularizer`"),
        (keras_gen.Autoencoder, {"code_weight": -1.0}, "`code_weight` must be at least 0"),
        (keras_gen.Autoencoder, {"regularizer": "spectral", "regularizer_weight": 0.0}, "must be above 0"),
        (keras_gen.VAE, {"regularizer": "l2"}, "tc, mmd or null"),
        (keras_gen.VAE, {"regularizer": "tc", "num_samples": 2}, "must have num_samples=1"),
    ],
)
def test_impossible_arguments_are_named(model_class, arguments, message):
    with pytest.raises(InputError, match="Received") as error:
        model_class(**SMALL, **arguments)
    assert message in str(error.value)


def test_examples_of_other_replicas_get_their_gradients():
    """Without a strategy the batch is all there is; two replicas are in tests/models/test_two_replicas.py."""
    values = tf.Variable(tf.ones((2, 3)))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(keras_gen.layers.replica.all_examples(values))
    np.testing.assert_array_equal(tape.gradient(total, values), np.ones((2, 3)))
