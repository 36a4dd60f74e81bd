from __future__ import annotations

import keras
import numpy as np
import pytest

import export
import keras_gen
import serving
from serving import InputError
from tests.harness import ModelContract

SMALL = {
    "image_shape": (8, 8, 1),
    "classes": ("zero", "one", "two"),
    "latent_dim": 3,
    "encoder": {"name": "mlp", "units": [16]},
    "decoder": {"name": "mlp", "units": [16]},
}


class TestConditionalVAE(ModelContract):
    model_class = keras_gen.ConditionalVAE
    arguments = {**SMALL, "seed": 4}


class TestConvolutionalConditionalVAE(ModelContract):
    model_class = keras_gen.ConditionalVAE
    arguments = {
        **SMALL,
        "encoder": {"name": "conv", "filters": 4},
        "decoder": {"name": "conv", "filters": 4},
        "likelihood": "gaussian",
        "sigma": None,
        "beta": 0.5,
    }


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
    model = keras_gen.ConditionalVAE(**SMALL)
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    model.fit(*stripes, batch_size=40, epochs=40, verbose=0)
    return model


def brightest_row(pictures):
    return pictures.astype(float).mean(axis=(2, 3)).argmax(axis=1)


def test_a_class_can_be_drawn(trained, tmp_path):
    sampler = serving.load(export.export_bundle(trained, tmp_path / "bundle"))
    assert sampler.manifest.classes == ("zero", "one", "two")
    np.testing.assert_array_equal(brightest_row(sampler.sample(6, seed=1)), [1, 3, 5, 1, 3, 5])
    np.testing.assert_array_equal(brightest_row(sampler.sample(4, seed=1, labels=np.array([2, 2, 0, 1]))), [5, 5, 1, 3])
    np.testing.assert_array_equal(brightest_row(sampler.of_class(1).sample(3, seed=1)), [3, 3, 3])


def test_the_code_of_a_picture_can_be_decoded_as_another_class(trained, stripes, tmp_path):
    sampler = serving.load(export.export_bundle(trained, tmp_path / "bundle"))
    images, labels = (part[:9] for part in stripes)
    codes = sampler.encode(serving.common.images.to_uint8(images), labels=labels)
    np.testing.assert_array_equal(brightest_row(sampler.decode(codes, labels=labels)), 2 * labels + 1)
    np.testing.assert_array_equal(brightest_row(sampler.of_class(2).decode(codes)), np.full(9, 5))


def test_an_encoder_that_sees_the_class_must_be_given_one(trained, tmp_path):
    sampler = serving.load(export.export_bundle(trained, tmp_path / "bundle"))
    with pytest.raises(InputError, match="must be given a class"):
        sampler.encode(np.zeros((1, 8, 8, 1), np.uint8))
    with pytest.raises(InputError, match="from 0 to 2. Received: 3"):
        sampler.of_class(3)
    with pytest.raises(InputError, match="must be 2 integers"):
        sampler.sample(2, labels=np.array([1.0, 2.0]))


def test_the_likelihood_of_the_right_class_is_higher(trained, stripes):
    images, labels = (part[:30] for part in stripes)
    right, wrong = (
        keras_gen.metrics.importance_sampled_nll(trained, images, 50, labels=given).mean()
        for given in (labels, (labels + 1) % 3)
    )
    assert right + 10 < wrong


def test_unlabelled_data_is_refused():
    with pytest.raises(InputError, match="at least two. Received: 0"):
        keras_gen.ConditionalVAE(image_shape=(8, 8, 1))
