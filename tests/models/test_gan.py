from __future__ import annotations

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.training.adversarial import AdversarialModel
from serving import InputError
from tests.harness import ModelContract, weights_of

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


class TestGANWithR1(ModelContract):
    model_class = keras_gen.GAN
    arguments = {
        **SMALL,
        "discriminator": {"name": "dcgan", "filters": 4, "batch_normalization": False},
        "penalties": {"r1": 2.0},
    }


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
    [({"r2": 1.0}, "Received: 'r2'. Did you mean 'r1'?"), ({"r1": -1.0}, "at least 0. Received: -1.0")],
)
def test_an_impossible_penalty_is_named(penalties, message):
    with pytest.raises(InputError) as error:
        keras_gen.GAN(**SMALL, penalties=penalties)
    assert message in str(error.value)
