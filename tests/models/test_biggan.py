from __future__ import annotations

import keras
import numpy as np
import pytest

import export
import keras_gen
import serving
from keras_gen.training.ema import averaged_copy
from keras_gen.training.standing import standing_statistics
from serving import InputError
from serving.common.noise import standard_normal
from tests.harness import ModelContract, data, weights_of

SMALL = {
    "image_shape": (8, 8, 1),
    "classes": ("zero", "one", "two"),
    "latent_dim": 4,
    "generator": {"name": "biggan", "filters": 8, "shared_dim": 4, "attention": 0},
    "discriminator": {"name": "biggan", "filters": 8, "attention": 0},
    "standing_batches": 1,
}


class TestBigGAN(ModelContract):
    model_class = keras_gen.BigGAN
    arguments = {**SMALL, "seed": 3, "ema_decay": 0.9}
    stateless = {
        player: {**SMALL[player], "spectral_normalization": False} for player in ("generator", "discriminator")
    }


def test_other_rules_reach_the_game(pictures):
    """Penalties are at fixed classes: the gradient is that in the picture alone."""
    attending = {"generator": "biggan", "discriminator": "biggan"}
    rules = {"loss": "relativistic", "penalties": {"r1": 0.5, "gp": 0.5}, "augmentation": ("translation",)}
    model = keras_gen.BigGAN(**{**SMALL, **attending}, **rules, discriminator_steps=1, instance_noise=0.1)
    model.compile()
    report = model.train_on_batch(*data(model, pictures[:8]), return_dict=True)
    # The relativistic loss alone is log 2 where the discriminator can only guess, and D starts near it.
    assert report["discriminator_loss"] > np.log(2)
    assert all(np.isfinite(value) for value in report.values())


@pytest.fixture(scope="module")
def stripes():
    """Pictures that their class fixes: one bright row each, and noise."""
    labels = np.arange(240) % 3
    rng = np.random.default_rng(0)
    images = np.full((240, 8, 8, 1), -0.9, np.float32) + rng.uniform(-0.1, 0.1, (240, 8, 8, 1)).astype(np.float32)
    images[np.arange(240), 2 * labels + 1] = 0.9
    return images, labels


@pytest.fixture(scope="module")
def trained(stripes):
    keras.utils.set_random_seed(0)
    generator = {**SMALL["generator"], "spectral_normalization": False}
    chosen = {**SMALL, "generator": generator, "standing_batches": 2, "discriminator_steps": 1, "ema_decay": 0.9}
    model = keras_gen.BigGAN(**chosen)
    rates = {f"{player}_optimizer": keras.optimizers.Adam(2e-3, beta_1=0.0, beta_2=0.9) for player in model.players}
    model.compile(**rates)
    model.fit(*stripes, batch_size=24, epochs=40, verbose=0)
    return model


def test_a_class_can_be_drawn(trained):
    labels = np.repeat(np.arange(3), 20)
    brightest = trained.sample(60, seed=1, labels=labels).mean(axis=(2, 3)).argmax(axis=1)
    assert (brightest == 2 * labels + 1).mean() > 0.9


def test_a_discriminator_that_only_guesses_reports_two(pictures):
    model = keras_gen.BigGAN(**SMALL)
    model.compile()
    for weight in model.discriminator.layers[-1].weights:
        if weight.name in ("kernel", "bias", "embeddings"):
            weight.assign(np.zeros(weight.shape))
    report = model.evaluate(*data(model, pictures), verbose=0, return_dict=True)
    assert report["discriminator_loss"] == pytest.approx(2.0)
    assert report["generator_loss"] == pytest.approx(0.0, abs=1e-6)


def test_pictures_are_drawn_with_standing_statistics_and_training_keeps_its_own(trained):
    before = weights_of(trained)
    drawn = trained.sample(6, seed=5)
    np.testing.assert_array_equal(trained.sample(6, seed=5), drawn)
    for name, value in weights_of(trained).items():
        np.testing.assert_array_equal(value, before[name])
    network = averaged_copy(trained.average)
    # The latent is the first half of the noise.
    batches = [standard_normal(0, 64, 8, start)[:, :4] for start in (0, 64)]
    standing_statistics(network, [[z, np.arange(i * 64, i * 64 + 64) % 3] for i, z in enumerate(batches)])
    inputs = [trained.prior_latents(6, 5), np.arange(6) % 3]
    np.testing.assert_allclose(drawn, network(inputs), atol=1e-6)
    assert np.abs(drawn - trained.average(inputs)).max() > 1e-3


def test_a_bundle_takes_a_class_and_a_truncation(trained, tmp_path):
    bundle = export.export_bundle(trained, tmp_path / "b", io="float")
    sampler = serving.load(bundle)
    assert sampler.manifest.normalization == "standing_statistics"
    assert sampler.manifest.weights == "ema"
    labels = np.array([2, 0, 1, 2])
    received = sampler.sample(4, seed=2, labels=labels, truncation=0.5)
    np.testing.assert_allclose(received, trained.sample(4, seed=2, labels=labels, truncation=0.5), atol=1e-4)
    assert np.abs(received - sampler.sample(4, seed=2, labels=labels)).max() > 1e-3
    assert np.abs(sampler.latents(50, truncation=0.5)).max() <= 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"classes": ("one",)}, "labelled data of at least two. Received: 1"),
        ({"standing_batches": -1}, "`standing_batches` must be at least 0. Received: -1"),
        ({"generator": "mlp"}, "`conditional_generator` must be one of biggan. Received: 'mlp'"),
        ({"generator": {"name": "biggan", "filter": 3}}, "Did you mean 'filters'?"),
        ({"latent_dim": 1}, "`latent_dim` must be at least 2"),
    ],
)
def test_what_does_not_fit_is_named(arguments, message):
    with pytest.raises(InputError) as error:
        keras_gen.BigGAN(**{**SMALL, **arguments})
    assert message in str(error.value)
