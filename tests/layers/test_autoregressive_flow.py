from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gen
from keras_gen.layers import InverseAutoregressiveFlow
from keras_gen.metrics import importance_sampled_nll
from serving import InputError

SIZE = 4


def trained(layer: keras.layers.Layer, seed: int = 0) -> keras.layers.Layer:
    """With weights as after a training: those of the last layers begin at zero."""
    rng = np.random.default_rng(seed)
    layer.set_weights([0.4 * rng.standard_normal(weight.shape) for weight in layer.get_weights()])
    return layer


def flow(steps: int) -> InverseAutoregressiveFlow:
    return trained(InverseAutoregressiveFlow(SIZE, steps, 10, seed=1, dtype="float64"))


def numerical_jacobian(function, at: np.ndarray, width: float) -> np.ndarray:
    """By central differences: (outputs, inputs)."""
    steps = width * np.eye(at.size)
    return np.stack([(function(at + step) - function(at - step)) / (2 * width) for step in steps], axis=-1)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_it_knows_how_much_it_stretches(steps):
    layer, rng = flow(steps), np.random.default_rng(2)
    latents, context = rng.standard_normal((2, 3, SIZE))
    log_stretch = np.asarray(layer(latents, context)[1]).sum(axis=-1)
    for row in range(3):
        bent = numerical_jacobian(
            lambda z, row=row: np.asarray(layer(z[None], context[row, None])[0])[0], latents[row], 1e-5
        )
        assert log_stretch[row] == pytest.approx(np.linalg.slogdet(bent)[1], rel=1e-6)


@pytest.mark.parametrize("step", [0, 1])
def test_gate_and_shift_depend_on_the_latents_before_and_on_all_of_the_context(step):
    """Slopes of what a step's network says: the order of the second step is the reverse of the first's."""
    hidden, further, last = flow(2).networks[step]
    given = tf.constant(np.random.default_rng(3).standard_normal((1, 2 * SIZE)))
    with tf.GradientTape() as tape:
        tape.watch(given)
        told = last(tf.nn.elu(further(tf.nn.elu(hidden(given)))))
    slopes = tape.batch_jacobian(told, given).numpy()[0] != 0
    before = np.tri(SIZE, k=-1, dtype=bool)
    expected = before if step == 0 else before.T
    for part in (slopes[:SIZE], slopes[SIZE:]):
        np.testing.assert_array_equal(part[:, SIZE:], expected)
        assert part[:, :SIZE].all()


def test_a_new_one_keeps_most_of_its_input():
    """Shifts are 0 and gates sigmoid(2) at first."""
    layer = InverseAutoregressiveFlow(3, 2, 4)
    latents = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    bent, log_gates = layer(latents, np.ones((5, 3), np.float32))
    gate = 1 / (1 + np.exp(-2.0))
    np.testing.assert_allclose(bent, gate**2 * latents, rtol=1e-5)
    np.testing.assert_allclose(log_gates, np.full((5, 3), 2 * np.log(gate)), rtol=1e-5)


def linear_vae() -> keras_gen.VAE:
    """`x|z` is N(0.8 z_1 - 0.5 z_2, 0.6^2), so that x is N(0, 1.25); its posterior is nothing like the true one."""
    encoder = keras.Sequential([keras.Input((1, 1, 1)), keras.layers.Flatten(), keras.layers.Dense(6)])
    decoder = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1), keras.layers.Reshape((1, 1, 1))])
    model = keras_gen.VAE(
        (1, 1, 1), 2, encoder, decoder, posterior="iaf", flow_units=6, likelihood="gaussian", sigma=0.6
    )
    decoder.layers[0].set_weights([np.array([[0.8], [-0.5]]), np.zeros(1)])
    encoder.layers[-1].set_weights([np.array([[0.5, -0.2, 0.1, 0.1, 1.0, -0.5]]), np.array([0, 0, 0.9, 0.9, 0, 0.3])])
    trained(model.flow, seed=5)
    # Gates that leave the draws wide enough to cover the true posterior.
    for *_, last in model.flow.networks:
        last.bias.assign([0, 0, 2, 2])
    return model


IMAGES = np.array([-0.7, 0.2, 0.9], np.float32).reshape(3, 1, 1, 1)


def test_importance_sampling_by_the_flows_density_finds_the_evidence():
    """Draws of any posterior do, if their density is right."""
    expected = 0.5 * np.log(2 * np.pi * 1.25) + IMAGES.ravel() ** 2 / 2.5
    np.testing.assert_allclose(importance_sampled_nll(linear_vae(), IMAGES, 50_000, seed=1), expected, atol=0.02)


def test_the_bound_has_the_density_of_the_draws():
    """Against the change of variables from the noise to what is decoded, by central differences in float32."""
    model, rng = linear_vae(), np.random.default_rng(0)
    noise = rng.standard_normal((3, 2, 2)).astype(np.float32)
    terms = model.bound(tf.constant(IMAGES), tf.constant(noise), training=False)
    parts = np.split(model.encoder(IMAGES).numpy(), 3, axis=-1)
    kl = np.zeros((3, 2))
    for row, sample in np.ndindex(3, 2):
        mean, log_variance, context = (part[row] for part in parts)

        def latent(eps, mean=mean, log_variance=log_variance, context=context):
            drawn = (mean + np.exp(log_variance / 2) * eps).astype(np.float32)
            return np.asarray(model.flow(drawn[None], context[None])[0])[0]

        eps = noise[row, sample].astype(np.float64)
        stretch = np.linalg.slogdet(numerical_jacobian(latent, eps, 1e-2))[1]
        kl[row, sample] = -0.5 * eps @ eps - stretch + 0.5 * np.square(latent(eps)).sum()
    np.testing.assert_allclose(terms["kl"], kl.mean(axis=1), atol=2e-3)
    np.testing.assert_allclose(terms["elbo"], terms["sampled_elbo"], rtol=1e-4)


def test_what_is_exported_is_the_middle_of_the_posterior_and_as_large_there():
    model = linear_vae()
    middle, spread = (part.numpy() for part in model.posterior_of(IMAGES))
    mean, log_variance, context = np.split(model.encoder(IMAGES).numpy(), 3, axis=-1)
    bent, log_gates = (np.asarray(part) for part in model.flow(mean, context))
    np.testing.assert_allclose(middle, bent, rtol=1e-5)
    volume = (log_variance / 2 + log_gates).sum(axis=-1)
    np.testing.assert_allclose(spread.sum(axis=-1) / 2, volume, rtol=1e-5)
    np.testing.assert_allclose(model(IMAGES), model.pixels(model.decoder(bent)), rtol=1e-5)


def test_a_flow_of_nothing_is_refused():
    with pytest.raises(InputError, match="`units` must be at least 1. Received: 0."):
        InverseAutoregressiveFlow(3, 2, 0)
