from __future__ import annotations

import keras
import numpy as np
import pytest
from scipy import stats

import export
import keras_gen
import serving
from serving import InputError
from tests.harness import ModelContract

SMALL = {
    "image_shape": (8, 8, 1),
    "latent_dim": 2,
    "encoder": {"name": "mlp", "units": [16]},
    "decoder": {"name": "mlp", "units": [16]},
    "discriminator": {"name": "mlp", "units": [16]},
}
LABELLED = {**SMALL, "classes": ("zero", "one", "two")}


class TestAAE(ModelContract):
    model_class = keras_gen.AAE
    arguments = {**SMALL, "seed": 5}


class TestAAEWithAMixtureOfClasses(ModelContract):
    model_class = keras_gen.AAE
    arguments = {**LABELLED, "prior": "mixture", "condition": "prior", "code_noise": 0.3}


class TestAAEWithADecoderThatSeesTheClass(ModelContract):
    model_class = keras_gen.AAE
    arguments = {**LABELLED, "prior": "swiss_roll", "condition": "decoder", "likelihood": "gaussian", "sigma": None}


def test_codes_come_to_be_distributed_as_the_prior():
    """One number, uniform on [-0.8, 0.8], whose code the discriminator must spread out and bend into a normal one."""
    images = np.random.default_rng(0).uniform(-0.8, 0.8, (2048, 1, 1, 1)).astype(np.float32)
    options = {"name": "mlp", "units": [32, 32]}
    model = keras_gen.AAE(
        (1, 1, 1),
        latent_dim=1,
        encoder=options,
        decoder=options,
        discriminator=options,
        likelihood="gaussian",
        sigma=1.0,
        adversarial_weight=5.0,
    )
    optimizers = {f"{player}_optimizer": keras.optimizers.Adam(2e-3, beta_1=0.0) for player in model.players}
    model.compile(**optimizers)
    before = stats.kstest(model.encoder(images).numpy()[:, 0], "norm").statistic
    model.fit(images, batch_size=128, epochs=40, verbose=0)
    after = stats.kstest(model.encoder(images).numpy()[:, 0], "norm").statistic
    assert before > 0.4
    assert after < 0.1


def test_the_decoder_of_noisy_codes_is_the_regression_on_them():
    """Linear networks, one number of variance v: a code a x + s n is decoded by the factor a v / (a^2 v + s^2)."""
    drawn = np.random.default_rng(0).normal(0, 0.3, 4200).astype(np.float32)
    images = drawn[np.abs(drawn) <= 1][:4096].reshape(-1, 1, 1, 1)
    encoder = keras.Sequential([keras.Input((1, 1, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    decoder = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1), keras.layers.Reshape((1, 1, 1))])
    model = keras_gen.AAE(
        (1, 1, 1),
        latent_dim=1,
        encoder=encoder,
        decoder=decoder,
        discriminator={"name": "mlp", "units": [8]},
        likelihood="gaussian",
        sigma=0.3,
        code_noise=0.6,
    )
    optimizers = {f"{player}_optimizer": keras.optimizers.Adam(1e-2, beta_1=0.0) for player in model.players}
    model.compile(**optimizers)
    model.fit(images, batch_size=256, epochs=40, verbose=0)
    for optimizer in (model.autoencoder_optimizer, model.discriminator_optimizer):
        optimizer.learning_rate = 5e-4
    model.fit(images, batch_size=256, epochs=10, verbose=0)
    (a, _), (factor, _) = (
        np.ravel(np.concatenate([w.ravel() for w in net.get_weights()])) for net in (encoder, decoder)
    )
    v = images.var()
    assert factor == pytest.approx(a * v / (a**2 * v + 0.6**2), rel=0.05)
    assert abs(factor * a) < 0.9  # without noise it would be 1


def test_samples_of_a_class_come_from_its_part_of_the_prior(tmp_path):
    model = keras_gen.AAE(**LABELLED, prior="mixture", condition="prior")
    sampler = serving.load(export.export_bundle(model, tmp_path / "bundle"))
    latents = sampler.of_class(1).latents(500, seed=2)
    np.testing.assert_allclose(latents, model.prior_latents(500, 2, np.full(500, 1)), atol=1e-5)
    centre = 2.0 * np.array([np.cos(2 * np.pi / 3), np.sin(2 * np.pi / 3)])
    # Standard error of a mean of 500 draws with deviation 0.5: 0.022.
    np.testing.assert_allclose(latents.mean(axis=0), centre, atol=0.1)
    every = sampler.latents(6, seed=2)
    np.testing.assert_array_equal(every[1::3], sampler.latents(6, seed=2, labels=np.ones(6, int))[1::3])


def test_reconstruction_needs_the_class_where_the_decoder_sees_it(pictures, tmp_path):
    model = keras_gen.AAE(**LABELLED, condition="decoder")
    sampler = serving.load(export.export_bundle(model, tmp_path / "bundle"))
    grey = serving.common.images.to_uint8(pictures[:4])
    codes = sampler.encode(grey)
    with pytest.raises(InputError, match="decoder of .* must be given a class"):
        sampler.decode(codes)
    labels = np.array([0, 1, 2, 0])
    expected = serving.common.images.to_uint8(model(serving.common.images.to_float(grey), labels).numpy())
    assert np.abs(sampler.reconstruct(grey, labels=labels).astype(int) - expected).max() <= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"condition": "decoder"}, "at least two. Received: 0"),
        ({"condition": "prior", "classes": ("a", "b")}, "must be mixture or swiss_roll"),
        ({"prior": "mixture", "latent_dim": 3}, "`latent_dim` must be even for the prior 'mixture'. Received: 3"),
        ({"prior": "cauchy"}, "`prior` must be one of standard_normal, mixture, swiss_roll. Received: 'cauchy'"),
        ({"adversarial_weight": -1.0}, "`adversarial_weight` must be at least 0"),
        ({"discriminator": "conv"}, "`code_discriminator` must be one of mlp"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        keras_gen.AAE(**{**SMALL, **options})
