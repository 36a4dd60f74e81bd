from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import keras_gen
from keras_gen.layers import PixelCorruption
from serving import InputError
from tests.harness import ModelContract
from tests.models.test_autoencoder import SMALL


class TestDenoisingAutoencoder(ModelContract):
    model_class = keras_gen.DenoisingAutoencoder
    arguments = {**SMALL, "amount": 0.3}


class TestDenoisingAutoencoderOfSaltAndPepper(ModelContract):
    model_class = keras_gen.DenoisingAutoencoder
    arguments = {**SMALL, "corruption": "salt_and_pepper", "amount": 0.2}


GREY = tf.fill((100, 10, 10, 1), 0.25)
UNIFORM = tf.constant(np.random.default_rng(0).uniform(size=(100, 10, 10, 1)), tf.float32)


def test_gaussian_noise_is_added_with_its_deviation():
    noise = tf.constant(np.random.default_rng(0).standard_normal(GREY.shape), tf.float32)
    np.testing.assert_allclose(PixelCorruption("gaussian", 0.5)(GREY, noise), 0.25 + 0.5 * noise, rtol=1e-6)


@pytest.mark.parametrize(("kind", "values"), [("masking", {-1: 0.3}), ("salt_and_pepper", {-1: 0.15, 1: 0.15})])
def test_the_stated_share_of_values_is_hit(kind, values):
    corrupted = PixelCorruption(kind, 0.3)(GREY, UNIFORM).numpy()
    error = 5 * np.sqrt(0.3 * 0.7 / corrupted.size)
    for value, share in values.items():
        assert abs((corrupted == value).mean() - share) < error
    assert abs((corrupted == 0.25).mean() - 0.7) < error


def test_blocked_pixels_lose_all_channels():
    images, noise = np.ones((50, 10, 10, 3), np.float32), np.random.default_rng(1).uniform(size=(50, 10, 10, 3))
    blocked = PixelCorruption("blocked", 0.3)(images, noise.astype(np.float32)).numpy()
    np.testing.assert_array_equal(blocked, np.where(noise[..., :1] < 0.3, -1.0, 1.0).repeat(3, axis=3))


@pytest.mark.parametrize(("kind", "share"), [("blocked_patch", 0.36), ("kept_patch", 0.64)])
def test_a_rectangle_of_the_stated_share_may_be_anywhere(kind, share):
    """0.36 of 10x10 pixels are 6x6, at one of 25 places."""
    inside, outside = (-1.0, 0.25) if kind == "blocked_patch" else (0.25, -1.0)
    expected = np.full((25, 10, 10, 1), outside, np.float32)
    noise = np.zeros((25, 10, 10, 1), np.float32)
    for place, (row, column) in enumerate(np.ndindex(5, 5)):
        expected[place, row : row + 6, column : column + 6] = inside
        noise[place, 0, 0], noise[place, -1, -1] = (row + 0.5) / 5, (column + 0.5) / 5
    corrupted = PixelCorruption(kind, share)(np.full_like(expected, 0.25), noise)
    np.testing.assert_array_equal(corrupted, expected)


def test_the_corrupted_inputs_decibels_are_those_of_the_noise(pictures):
    """20 log10(2 / sigma) in expectation of the error."""
    model = keras_gen.DenoisingAutoencoder(**SMALL, amount=0.5)
    model.compile(optimizer="sgd")
    report = model.evaluate(pictures, batch_size=96, verbose=0, return_dict=True)
    assert report["corrupted_psnr"] == pytest.approx(20 * np.log10(2 / 0.5), abs=0.2)


def test_training_removes_noise(pictures):
    model = keras_gen.DenoisingAutoencoder(**{**SMALL, "latent_dim": 16}, amount=0.5)
    model.compile(optimizer="adam")
    model.fit(pictures, batch_size=32, epochs=120, verbose=0)
    report = model.evaluate(pictures, batch_size=96, verbose=0, return_dict=True)
    assert report["psnr"] > report["corrupted_psnr"] + 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"corruption": "maskin"}, "Did you mean 'masking'?"),
        ({"amount": -0.1}, "`amount` must be at least 0. Received: -0.1."),
        ({"corruption": "masking", "amount": 1.5}, "at most 1, the share of values hit. Received: 1.5."),
    ],
)
def test_impossible_corruptions_are_named(arguments, message):
    with pytest.raises(InputError) as error:
        keras_gen.DenoisingAutoencoder(**SMALL, **arguments)
    assert message in str(error.value)
