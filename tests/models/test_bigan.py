from __future__ import annotations

import keras
import numpy as np
import pytest

import keras_gen
from serving import InputError
from tests.harness import ModelContract

SMALL = {
    "image_shape": (8, 8, 1),
    "latent_dim": 4,
    "encoder": {"name": "dcgan", "filters": 4},
    "generator": {"name": "dcgan", "filters": 4},
    "discriminator": {"name": "dcgan", "filters": 4, "units": 8, "batch_normalization": False},
}
DENSE = {"name": "mlp", "units": [16]}


class TestBiGAN(ModelContract):
    model_class = keras_gen.BiGAN
    arguments = {**SMALL, "penalties": {"r1": 0.1, "gp": 0.1}, "augmentation": ("translation",), "ema_decay": 0.9}


class TestDenseBiGAN(ModelContract):
    model_class = keras_gen.BiGAN
    arguments = {
        "image_shape": (8, 8, 1),
        "latent_dim": 4,
        "encoder": DENSE,
        "generator": DENSE,
        "discriminator": DENSE,
        "loss": "relativistic",
        "discriminator_steps": 2,
    }


def constant(model, logit):
    head = model.discriminator.layers[-1]
    kernel, bias = head.get_weights()
    head.set_weights([np.zeros_like(kernel), np.full_like(bias, logit)])


# A discriminator that says c to every pair: -log sigmoid(c) for generated pairs and -log sigmoid(-c) for encoded ones,
# and what that is for the other pairs of losses.
EXPECTED = {
    "non_saturating": np.logaddexp(0, -0.3) + np.logaddexp(0, 0.3),
    "minimax": -np.logaddexp(0, 0.3) - np.logaddexp(0, -0.3),
    "least_squares": (0.3 - 1) ** 2 / 2 + 0.3**2 / 2,
    "hinge": -0.3 + 0.3,
    "wasserstein": -0.3 + 0.3,
    "relativistic": np.log(2),
}


@pytest.mark.parametrize("loss", sorted(EXPECTED))
def test_encoder_and_generator_want_the_sides_exchanged(loss, pictures):
    model = keras_gen.BiGAN(**SMALL, loss=loss)
    model.compile()
    constant(model, 0.3)
    report = model.evaluate(pictures, verbose=0, return_dict=True)
    assert report["generator_loss"] == pytest.approx(EXPECTED[loss], rel=1e-5, abs=1e-6)


def test_encoder_and_generator_become_each_others_inverse():
    """One pixel, a standard normal latent, pictures tanh(z): the code of a picture must be artanh of it, up to sign."""
    model = keras_gen.BiGAN(
        image_shape=(1, 1, 1),
        latent_dim=1,
        encoder={"name": "mlp", "units": [32, 32]},
        generator={"name": "mlp", "units": [32, 32]},
        discriminator={"name": "mlp", "units": [64, 64]},
        penalties="r1:0.02",
        ema_decay=0.95,
    )
    model.compile(
        generator_optimizer=keras.optimizers.Adam(2e-3, 0.5), discriminator_optimizer=keras.optimizers.Adam(2e-3, 0.5)
    )
    z = np.random.default_rng(0).standard_normal((4096, 1, 1, 1)).astype(np.float32)
    model.fit(np.tanh(z), batch_size=256, epochs=60, verbose=0)
    shown = np.tanh(np.linspace(-1.5, 1.5, 21, dtype=np.float32)).reshape(-1, 1, 1, 1)
    reconstructed = model(shown).numpy()
    assert np.abs(reconstructed - shown).mean() < 0.2
    codes = model.average_encoder(shown).numpy()[:, 0]
    assert abs(np.corrcoef(codes, np.arctanh(shown[:, 0, 0, 0]))[0, 1]) > 0.9


def test_a_discriminator_without_a_code_is_refused():
    image = keras.Input((8, 8, 1))
    alone = keras.Model(image, keras.layers.Dense(1)(keras.layers.Flatten()(image)))
    with pytest.raises(InputError, match=r"`joint_discriminator` must map .*Received: a network from \(8, 8, 1\)"):
        keras_gen.BiGAN(**{**SMALL, "discriminator": alone})
