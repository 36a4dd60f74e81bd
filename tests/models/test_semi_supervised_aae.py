from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import export
import keras_gen
import serving
from serving import InputError
from serving.common.images import to_float, to_uint8
from tests.harness import ModelContract, seed_initializers

NETWORK = {"name": "mlp", "units": [16]}
SMALL = {
    "image_shape": (8, 8, 1),
    "classes": ("zero", "one", "two"),
    "latent_dim": 2,
    "encoder": NETWORK,
    "decoder": NETWORK,
    "class_discriminator": NETWORK,
    "style_discriminator": NETWORK,
}


class TestSemiSupervisedAAE(ModelContract):
    model_class = keras_gen.SemiSupervisedAAE
    arguments = {**SMALL, "seed": 5}


def bars(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three classes of pictures: a bright band at the top, in the middle or at the bottom, of random brightness."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    rows = np.arange(8)[None, :, None, None] // 3 == labels[:, None, None, None]
    bright = random.uniform(0.2, 1.0, (count, 1, 1, 1))
    noise = random.normal(0, 0.05, (count, 8, 8, 1))
    return np.clip(np.where(rows, bright, -0.8) + noise, -1, 1).astype(np.float32), labels


def test_few_labels_are_enough_to_tell_classes_and_to_draw_them():
    seed_initializers()
    images, _ = bars(600, 1)
    known, labels = bars(6, 2)
    model = keras_gen.SemiSupervisedAAE(**{**SMALL, "latent_dim": 1}, likelihood="gaussian", sigma=0.5, seed=1)
    model.compile(**{name: keras.optimizers.Adam(5e-3, beta_1=0.5) for name in model.default_optimizers})
    repeated = np.arange(len(images)) % len(known)
    model.fit((known[repeated], images), labels[repeated], batch_size=60, epochs=50, verbose=0)
    tested, answers = bars(300, 3)
    report = model.evaluate(tested, answers, verbose=0, return_dict=True)
    assert report["accuracy"] > 0.97
    drawn = model.sample(30, seed=2)
    bands = np.stack([drawn[:, 3 * band : 3 * band + 2].mean(axis=(1, 2, 3)) for band in range(3)], axis=1)
    assert (bands.argmax(axis=1) == np.arange(30) % 3).mean() > 0.8


def test_the_terms_are_those_of_their_formulas(pictures):
    """Of the networks' outputs, by NumPy."""
    model = keras_gen.SemiSupervisedAAE(**SMALL, adversarial_weight=3.0, label_weight=2.0)
    images, labelled, labels = pictures[:5], pictures[5:10], np.array([0, 1, 2, 0, 1])
    terms = model._autoencoder_terms(*map(tf.constant, (images, labelled, labels)), training=False)
    codes, guesses = model.encoder(images).numpy(), model.encoder(labelled).numpy()[:, 2:]
    exponentials = np.exp(codes[:, 2:])
    shares = exponentials / exponentials.sum(axis=1, keepdims=True)
    judged = [model.class_discriminator(shares).numpy(), model.style_discriminator(codes[:, :2]).numpy()]
    fooling = sum(np.log1p(np.exp(-one[:, 0])) for one in judged)
    label_loss = np.log(np.exp(guesses).sum(axis=1)) - guesses[np.arange(5), labels]
    np.testing.assert_allclose(terms["generator_loss"], fooling, rtol=1e-5)
    np.testing.assert_allclose(terms["label_loss"], label_loss, rtol=1e-5)
    np.testing.assert_array_equal(terms["accuracy"], guesses.argmax(axis=1) == labels)
    expected = terms["reconstruction"] + 3.0 * fooling + 2.0 * label_loss
    np.testing.assert_allclose(terms["loss"], expected, rtol=1e-5)


def test_the_bundle_classifies_encodes_and_draws_a_class(pictures, tmp_path):
    model = keras_gen.SemiSupervisedAAE(**SMALL)
    sampler = serving.load(export.export_bundle(model, tmp_path / "bundle"))
    assert {"sample", "encode", "decode", "classify"} <= set(sampler.abilities)
    grey = to_uint8(pictures[:4])
    logits = model.encoder(to_float(grey)).numpy()[:, 2:]
    np.testing.assert_allclose(sampler.classify(grey), tf.nn.softmax(logits), atol=1e-5)
    np.testing.assert_allclose(sampler.encode(grey), model.encoder(to_float(grey))[:, :2], atol=1e-5)
    drawn = sampler.of_class(1).sample(3, seed=4).astype(int)
    assert np.abs(drawn - to_uint8(model.sample(3, 4, np.ones(3, int)))).max() <= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": ()}, "at least two. Received: 0"),
        ({"label_weight": -1.0}, "`label_weight` must be at least 0"),
        ({"adversarial_weight": -1.0}, "`adversarial_weight` must be at least 0"),
        ({"latent_dim": 0}, "`latent_dim` must be at least 1"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        keras_gen.SemiSupervisedAAE(**{**SMALL, **options})
