from __future__ import annotations

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.metrics import near_centres
from keras_gen.training.adversarial import AdversarialModel
from serving import InputError
from tests.harness import ModelContract, seed_initializers, weights_of

SMALL = {
    "image_shape": (8, 8, 1),
    "latent_dim": 4,
    "generator": {"name": "dcgan", "filters": 4},
    "discriminator": {"name": "dcgan", "filters": 4},
}


class TestGAN(ModelContract):
    model_class = keras_gen.GAN
    arguments = {**SMALL, "seed": 3, "ema_decay": 0.9}


class TestDenseGAN(ModelContract):
    model_class = keras_gen.GAN
    arguments = {
        "image_shape": (8, 8, 1),
        "latent_dim": 4,
        "generator": {"name": "mlp", "units": [16]},
        "discriminator": {"name": "mlp", "units": [16]},
        "ema_decay": 0.0,
    }


WITHOUT_NORMALIZATION = {**SMALL, "discriminator": {"name": "dcgan", "filters": 4, "batch_normalization": False}}


class TestWassersteinGANWithGradientPenalty(ModelContract):
    """Three moves of the critic before the generator's, each with pictures of its own."""

    model_class = keras_gen.GAN
    arguments = {
        **WITHOUT_NORMALIZATION,
        "loss": "wasserstein",
        "penalties": {"gp": 10.0},
        "penalty_every": 2,
        "discriminator_steps": 3,
    }
    stateless = {"discriminator_steps": 2}  # a quarter of the batch, 8 pictures, has no third


class TestRelativisticGANWithEverything(ModelContract):
    model_class = keras_gen.GAN
    arguments = {
        **WITHOUT_NORMALIZATION,
        "loss": "relativistic",
        "penalties": {"r1": 1.0, "r2": 2.0, "dragan": 0.5},
        "instance_noise": 0.1,
        "instance_noise_steps": 3,
        "augmentation": ("color", "translation", "cutout"),
        "balance": 0.9,
    }


class TestGANOfFewPictures(ModelContract):
    """All that is for little data; the probability and the averages move within the four steps of a test."""

    model_class = keras_gen.GAN
    arguments = {
        **WITHOUT_NORMALIZATION,
        "augmentation": ("translation", "mirror"),
        "augmentation_target": -0.9,
        "augmentation_pictures": 300,
        "lecam": 0.3,
        "consistency": 1.0,
        "top_k": 0.5,
        "top_k_steps": 2,
    }
    stateless = {"top_k": 1.0}


class TestR3GAN(ModelContract):
    model_class = keras_gen.GAN
    arguments = {
        "image_shape": (8, 8, 1),
        "latent_dim": 4,
        "generator": {"name": "r3", "filters": 4, "blocks": 1, "group_size": 4},
        "discriminator": {"name": "r3", "filters": 4, "blocks": 1, "group_size": 4},
        "loss": "relativistic",
        "penalties": {"r1": 0.1, "r2": 0.1},
    }


STYLED = {"name": "stylegan", "filters": 4, "style_dim": 4, "mapping_layers": 2}


class TestStyleGAN(ModelContract):
    model_class = keras_gen.GAN
    arguments = {
        "image_shape": (8, 8, 1),
        "latent_dim": 4,
        "generator": STYLED,
        "discriminator": {"name": "stylegan", "filters": 4},
        "penalties": {"r1": 0.1},
        "generator_penalties": {"path_length": 0.5},
        "generator_penalty_every": 2,
    }
    stateless = {"generator": {**STYLED, "mixing": 0.0, "noise": False}}


class TestAmbientGAN(ModelContract):
    model_class = keras_gen.GAN
    arguments = {**SMALL, "measurement": "blocked_patch", "measurement_amount": 0.3}


class TestClippedWassersteinGAN(ModelContract):
    model_class = keras_gen.GAN
    arguments = {**SMALL, "loss": "wasserstein", "weight_clip": 0.01}


def test_a_discriminator_that_only_guesses_reports_two_log_two(pictures):
    model = keras_gen.GAN(**SMALL)
    model.compile()
    head = model.discriminator.layers[-1]
    head.set_weights([np.zeros_like(w) for w in head.get_weights()])
    report = model.evaluate(pictures, verbose=0, return_dict=True)
    assert report["discriminator_loss"] == pytest.approx(2 * np.log(2), rel=1e-6)
    assert report["generator_loss"] == pytest.approx(np.log(2), rel=1e-6)


def test_accuracy_counts_real_and_generated_pictures(pictures):
    model = keras_gen.GAN(**SMALL)
    model.compile()
    head = model.discriminator.layers[-1]
    head.set_weights([np.zeros_like(head.get_weights()[0]), np.array([1.0])])
    report = model.evaluate(pictures, verbose=0, return_dict=True)
    # Every logit is 1: all real pictures are taken for real, all generated ones too.
    assert report["discriminator_accuracy"] == pytest.approx(0.5)


def test_the_generator_learns_the_mean_of_a_constant_picture():
    model = keras_gen.GAN(image_shape=(8, 8, 1), latent_dim=2, generator="mlp", discriminator="mlp", ema_decay=0.9)
    model.compile()
    data = np.full((64, 8, 8, 1), 0.5, np.float32)
    model.fit(data, batch_size=32, epochs=60, verbose=0)
    assert abs(model.sample(64).mean() - 0.5) < 0.2


@pytest.mark.parametrize(("measurement", "low", "high"), [("blocked", 0.15, 0.8), (None, -0.3, -0.1)])
def test_from_blocked_pictures_the_generator_learns_whole_ones(measurement, low, high):
    """Half of the pixels of 0.5 are seen as -1, so that the mean of what is seen is -0.25."""
    seed_initializers()
    network = {"name": "mlp", "units": [32]}
    model = keras_gen.GAN(
        (8, 8, 1),
        2,
        network,
        network,
        measurement=measurement,
        measurement_amount=0.5,
        penalties="r1:0.1",
        ema_decay=0.9,
    )
    model.compile(generator_optimizer="adam", discriminator_optimizer="adam")
    hidden = np.random.default_rng(0).uniform(size=(256, 8, 8, 1)) < 0.5
    model.fit(np.where(hidden, -1.0, 0.5).astype(np.float32), batch_size=64, epochs=30, shuffle=False, verbose=0)
    assert low < model.sample(64).mean() < high


def test_without_averaging_the_generator_itself_is_sampled(pictures):
    model = keras_gen.GAN(**SMALL, ema_decay=0.0)
    model.compile()
    model.fit(pictures, batch_size=32, epochs=1, verbose=0)
    np.testing.assert_array_equal(
        [w.sum() for w in model.average.get_weights()], [w.sum() for w in model.generator.get_weights()]
    )


def test_both_optimizers_survive_saving(pictures, tmp_path):
    model = keras_gen.GAN(**SMALL)
    model.compile(
        generator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.3),
        discriminator_optimizer=keras.optimizers.RMSprop(2e-3),
    )
    model.fit(pictures, batch_size=32, epochs=1, verbose=0)
    model.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert isinstance(loaded.discriminator_optimizer, keras.optimizers.RMSprop)
    for name in ("generator_optimizer", "discriminator_optimizer"):
        expected, received = getattr(model, name), getattr(loaded, name)
        assert received.get_config() == expected.get_config()
        for a, b in zip(received.variables, expected.variables, strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_training_continues_from_a_loaded_model_as_without_the_break(pictures, tmp_path):
    straight, broken = (keras_gen.GAN(**SMALL) for _ in range(2))
    broken.set_weights(straight.get_weights())
    for model in (straight, broken):
        model.compile()
        model.fit(pictures, batch_size=32, epochs=1, shuffle=False, verbose=0)
    broken.save(tmp_path / "gan.keras")
    broken = keras.saving.load_model(tmp_path / "gan.keras")
    for model in (straight, broken):
        model.fit(pictures, batch_size=32, epochs=1, shuffle=False, verbose=0)
    for a, b in zip(weights_of(straight).values(), weights_of(broken).values(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_in_half_precision_it_trains_and_draws_float32(pictures):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = keras_gen.GAN(**WITHOUT_NORMALIZATION, penalties="r1:1,gp:1", augmentation=("color",))
    finally:
        keras.config.set_dtype_policy(policy)
    model.compile()
    report = model.fit(pictures, batch_size=32, epochs=1, verbose=0)
    assert all(np.isfinite(values).all() for values in report.history.values())
    assert model.generator.layers[-1].compute_dtype == "bfloat16"
    assert model.sample(3).dtype == np.float32


def test_an_optimizer_for_nobody_is_named():
    with pytest.raises(InputError, match=r"Received: 'critic_optimizer'"):
        keras_gen.GAN(**SMALL).compile(critic_optimizer="adam")


def test_a_weight_with_two_owners_is_refused():
    class Shared(AdversarialModel):
        def __init__(self):
            super().__init__(0, ["loss"])
            shared = keras.layers.Dense(2, name="shared")
            first, second = keras.Input((2,)), keras.Input((2,))
            self.one = keras.Model(first, shared(first))
            self.two = keras.Model(second, shared(second))

        @property
        def players(self):
            return {"one": self.one, "two": self.two}

    with pytest.raises(InputError, match="owned by 'one' and 'two'"):
        Shared().compile(one_optimizer="sgd", two_optimizer="sgd")


@pytest.mark.parametrize("size", [4, 9, 18, 22])
def test_a_size_that_dcgan_cannot_make_is_named(size):
    with pytest.raises(InputError, match=rf"until the smaller is 4 to 7. Received: {size}x{size}"):
        keras_gen.GAN(image_shape=(size, size, 1))


@pytest.mark.parametrize("size", [8, 10, 16, 28, 64, 128])
def test_dcgan_makes_four_to_seven_doubled_any_number_of_times(size):
    model = keras_gen.GAN(
        image_shape=(size, size, 3),
        latent_dim=2,
        generator={"name": "dcgan", "filters": 2},
        discriminator={"name": "dcgan", "filters": 2},
    )
    assert model.sample(2).shape == (2, size, size, 3)


@pytest.mark.parametrize(
    ("penalties", "message"),
    [({"r3": 1.0}, "Received: 'r3'. Did you mean 'r2'?"), ({"r1": -1.0}, "at least 0. Received: -1.0")],
)
def test_an_impossible_penalty_is_named(penalties, message):
    with pytest.raises(InputError) as error:
        keras_gen.GAN(**SMALL, penalties=penalties)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"loss": "hing"},
            "one of minimax, non_saturating, least_squares, hinge, wasserstein, relativistic. Received: 'hing'. "
            "Did you mean 'hinge'?",
        ),
        ({"loss": "wasserstein", "label_smoothing": 0.1}, "Received: 0.1 with loss='wasserstein'."),
        ({"label_smoothing": 1.0}, "below 1. Received: 1.0"),
        ({"instance_noise": -0.1}, "`instance_noise` must be at least 0. Received: -0.1"),
        ({"augmentation": ["colour"]}, "Did you mean 'color'?"),
        ({"discriminator_steps": 0}, "`discriminator_steps` must be at least 1. Received: 0"),
        ({"balance": 0.4}, "`balance` must be at least 0.5, which is guessing, and at most 1. Received: 0.4"),
        ({"weight_clip": 0.0}, "`weight_clip` must be positive. Received: 0.0"),
        ({"penalties": "r1=10"}, "`penalties` must be like r1:10 or r1:10,r2:10. Received: 'r1=10'"),
        ({"measurement": "bloked"}, "kept_patch or null. Received: bloked. Did you mean 'blocked'?"),
        ({"measurement_amount": -1.0}, "`measurement_amount` must be at least 0. Received: -1.0"),
        ({"measurement": "masking", "measurement_amount": 2.0}, "at most 1, the share of values hit. Received: 2.0"),
        ({"generator": "dcgann"}, "Did you mean 'dcgan'?"),
    ],
)
def test_what_cannot_be_or_go_together_is_named(options, message):
    with pytest.raises(InputError) as error:
        keras_gen.GAN(**{**SMALL, **options})
    assert message in str(error.value)


def test_penalties_may_be_text():
    assert keras_gen.GAN(**SMALL, penalties="r1:10, gp:0.5").penalties == {"r1": 10.0, "gp": 0.5}


def test_clipped_weights_stay_in_their_box(pictures):
    model = keras_gen.GAN(**SMALL, loss="wasserstein", weight_clip=0.02)
    model.compile(discriminator_optimizer=keras.optimizers.RMSprop(0.1))
    model.fit(pictures, batch_size=32, epochs=1, verbose=0)
    sizes = [np.abs(weight.numpy()).max() for weight in model.discriminator.trainable_weights]
    assert max(sizes) == pytest.approx(0.02)


@pytest.mark.parametrize(("balance", "rests"), [(0.5, True), (1.0, False)])
def test_a_discriminator_that_is_ahead_rests(pictures, balance, rests):
    """One that reads the mean of constant pictures tells all apart: 1 for white ones, about 0 for new samples."""
    discriminator = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    discriminator.layers[-1].set_weights([np.full((64, 1), 1 / 64), np.array([-0.5])])
    model = keras_gen.GAN(**{**SMALL, "discriminator": discriminator}, balance=balance)
    model.compile()
    before = [w.numpy() for w in [*model.discriminator.weights, *model.discriminator_optimizer.variables]]
    generator = [w.numpy() for w in model.generator.trainable_weights]
    model.fit(np.ones((32, 8, 8, 1), np.float32), batch_size=16, epochs=1, verbose=0)
    after = [w.numpy() for w in [*model.discriminator.weights, *model.discriminator_optimizer.variables]]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True)) == rests
    assert not any(
        np.array_equal(a, b.numpy()) for a, b in zip(generator, model.generator.trainable_weights, strict=True)
    )


def test_a_relativistic_pair_with_penalties_reaches_every_gaussian_of_a_ring():
    """The short version of `benchmarks/gaussian_mixtures.py`: 8 modes, a collapsed generator has one or two."""
    angles = np.arange(8) * (np.pi / 4)
    centres = 0.7 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    rng = np.random.default_rng(0)
    points = centres[rng.integers(8, size=8192)] + 0.02 * rng.standard_normal((8192, 2))
    network = {"name": "mlp", "units": [64, 64], "activation": "relu"}
    model = keras_gen.GAN(
        image_shape=(1, 1, 2),
        latent_dim=4,
        generator=network,
        discriminator=network,
        loss="relativistic",
        penalties="r1:0.001,r2:0.001",
        ema_decay=0.98,
    )
    model.compile(
        generator_optimizer=keras.optimizers.Adam(2e-3, 0.0, 0.99),
        discriminator_optimizer=keras.optimizers.Adam(2e-3, 0.0, 0.99),
    )
    model.fit(points.reshape(-1, 1, 1, 2).astype(np.float32), batch_size=256, epochs=40, verbose=0)
    near, found = near_centres(model.sample(500).reshape(-1, 2), centres, 0.02)
    assert found == 8
    assert near.mean() > 0.3
