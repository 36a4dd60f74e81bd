"""Translators with several answers to one picture."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import export
import keras_gen
import serving
from keras_gen import losses
from keras_gen.networks.tiling import beside_latent
from serving import InputError
from tests.harness import data, report_of_a_step, weights_of

SMALL = {
    "image_shape": (8, 8, 1),
    "generator": {"name": "unet", "filters": 4, "dropout": 0.0},
    "discriminator": {"name": "patchgan", "receptive_field": 16, "filters": 4},
    "latent_encoder": {"name": "mlp", "units": [8]},
    "noise_dim": 3,
}
MODELS = {"pix2pix": keras_gen.Pix2Pix, "cut": keras_gen.CUT}


def test_the_mode_seeking_loss_is_the_reciprocal_of_the_papers():
    one, other = np.zeros((2, 2, 2, 1), np.float32), np.full((2, 2, 2, 1), [0.5], np.float32)
    other[1] = 0.0
    latents, others = np.zeros((2, 2), np.float32), np.array([[1.0, 0.0], [2.0, 2.0]], np.float32)
    received = losses.mode_seeking_loss(one, other, latents, others)
    np.testing.assert_allclose(received, [1 / (0.5 / 0.5 + 0.1), 1 / 0.1], rtol=1e-6)


def test_a_latent_stands_behind_the_channels_of_every_pixel():
    images, latents = np.random.default_rng(0).normal(size=(2, 2, 3, 1)), np.array([[1.0, 2.0], [3.0, 4.0]])
    joined = np.asarray(beside_latent(tf.constant(images), tf.constant(latents)))
    np.testing.assert_array_equal(joined[..., :1], images)
    np.testing.assert_array_equal(joined[..., 1:], np.broadcast_to(latents[:, None, None], (2, 2, 3, 2)))


@pytest.mark.parametrize("name", MODELS)
def test_the_generator_is_moved_by_diversity_and_recovery(name, pictures):
    """Its loss grows by both, and the encoder moves with it; a loaded model reports the same."""
    reports = {}
    for weights in ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)):
        keras.utils.set_random_seed(0)
        options = dict(zip(("diversity_weight", "recovery_weight"), weights, strict=True))
        model = MODELS[name](**SMALL, **options)
        optimizers = {player: keras.optimizers.SGD(0.01) for player in model.default_optimizers}
        model.compile(run_eagerly=True, **optimizers)
        before = weights_of(model)
        reports[weights] = report_of_a_step(model, pictures)["generator_loss"]
    moved = [
        np.abs(model.latent_encoder.get_weights()[0] - value).max()
        for value in before.values()
        if value.shape == model.latent_encoder.get_weights()[0].shape
    ]
    assert min(moved) > 0
    assert reports[0.0, 0.0] < reports[1.0, 0.0] <= reports[0.0, 0.0] + 10 + 1e-4
    assert reports[1.0, 1.0] > reports[1.0, 0.0]


@pytest.mark.parametrize("name", MODELS)
def test_a_bundle_takes_the_latent_and_draws_it_by_seed(name, tmp_path):
    model = MODELS[name](**SMALL)
    manifest = serving.Manifest.read(export.export_bundle(model, tmp_path / "bundle"))
    assert set(manifest.networks) == {"a_to_b", "a_to_b_tile", "noise"}
    assert manifest.networks["a_to_b"].inputs["latent"].axes == ("n", 3)
    assert manifest.networks["a_to_b"].inputs["image"].axes == ("n", "height", "width", 1)
    assert manifest.latent is None


def test_the_preview_and_the_evaluation_draw(pictures):
    model = keras_gen.Pix2Pix(**SMALL)
    model.compile(run_eagerly=True)
    model.fit(*data(model, pictures[:32]), batch_size=16, verbose=0)
    one, same, other = (np.asarray(model.preview(pictures[:4], seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other)[1::2].max() > 0
    np.testing.assert_array_equal(one[::2], pictures[:4])


def test_without_noise_nothing_is_added():
    model = keras_gen.Pix2Pix(**{**SMALL, "noise_dim": 0})
    assert model.players["generator"] is model.generator
    assert model.generator.input_shape[-1] == 1
    assert set(model.inference_networks()["a_to_b"].input) == {"image"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"noise_dim": -1}, "`noise_dim` must be at least 0"),
        ({"diversity_weight": -1}, "`diversity_weight` must be at least 0"),
        ({"latent_encoder": "patchgan"}, "`encoder` must be one of"),
        ({"generator": {"name": "resnet", "filters": 4, "blocks": 1}}, "must not normalize the latent away"),
    ],
)
def test_mistakes_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        keras_gen.Pix2Pix(**{**SMALL, **arguments})
