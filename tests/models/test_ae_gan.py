from __future__ import annotations

import keras
import numpy as np
import pytest

import keras_gen
from tests.harness import ModelContract

DENSE = {"name": "mlp", "units": [16]}
SMALL = {
    "image_shape": (8, 8, 1),
    "latent_dim": 4,
    "encoder": DENSE,
    "generator": DENSE,
    "discriminator": DENSE,
    "latent_discriminator": DENSE,
}


class TestAEGAN(ModelContract):
    model_class = keras_gen.AEGAN
    arguments = {
        **SMALL,
        "encoder": {"name": "dcgan", "filters": 4},
        "penalties": {"r1": 0.1},
        "augmentation": ("translation",),
        "ema_decay": 0.9,
    }


def constant(network, value):
    head = network.layers[-1]
    kernel, bias = head.get_weights()
    head.set_weights([np.zeros_like(kernel), np.full_like(bias, value)])


def test_the_loss_of_encoder_and_generator_is_that_of_both_ways(pictures):
    """Discriminators that say 0.3 to all pictures and -0.2 to all latents, and an encoder that always says zeros."""
    weights = {"picture_weight": 2.0, "latent_weight": 3.0, "adversarial_weight": 0.5, "code_weight": 0.7}
    model = keras_gen.AEGAN(**SMALL, **weights)
    model.compile()
    constant(model.discriminator, 0.3)
    constant(model.latent_discriminator, -0.2)
    constant(model.encoder, 0.0)
    report = model.evaluate(pictures, verbose=0, return_dict=True)
    decoded = model.generator(np.zeros((1, 4), np.float32)).numpy()
    picture_error = np.abs(pictures - decoded).mean()
    assert report["picture_error"] == pytest.approx(picture_error, rel=1e-5)
    latents = model.noise.evaluation_rows(len(pictures), 4, "generator").numpy()
    assert report["latent_error"] == pytest.approx(np.square(latents).mean(), rel=0.2)  # drawn by batches of `evaluate`
    fooling, coding = np.logaddexp(0, -0.3), np.logaddexp(0, 0.2)
    expected = 0.5 * fooling + 0.7 * coding + 2 * picture_error + 3 * report["latent_error"]
    assert report["generator_loss"] == pytest.approx(expected, rel=1e-5)
    judged = [np.logaddexp(0, -a) + np.logaddexp(0, a) for a in (0.3, -0.2)]
    assert report["discriminator_loss"] == pytest.approx(sum(judged), rel=1e-5)
    assert report["discriminator_accuracy"] == pytest.approx(0.5)


def test_pictures_and_latents_return(pictures):
    weights = {"picture_weight": 1.0, "latent_weight": 1.0, "adversarial_weight": 0.0, "code_weight": 0.0}
    model = keras_gen.AEGAN(**SMALL, **weights, ema_decay=0.0)
    model.compile(generator_optimizer=keras.optimizers.Adam(1e-2), discriminator_optimizer=keras.optimizers.Adam(1e-3))
    reports = model.fit(pictures, batch_size=len(pictures), epochs=60, verbose=0).history
    for name in ("picture_error", "latent_error"):
        assert reports[name][-1] < 0.7 * reports[name][0]


def test_weights_of_both_discriminators_are_clipped(pictures):
    model = keras_gen.AEGAN(**SMALL, loss="wasserstein", weight_clip=0.01)
    model.compile()
    model.run_eagerly = True
    model.fit(pictures, batch_size=len(pictures), verbose=0)
    for network in (model.discriminator, model.latent_discriminator):
        assert max(np.abs(weight).max() for weight in network.get_weights()) <= 0.01 + 1e-7
