from __future__ import annotations

import dataclasses
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

import export
import keras_gen
import serving
from keras_gen.inversion import LatentDecoder, decoder_of, invert, open_decoder
from serving import InputError
from serving.common.noise import standard_normal

SHAPE, SIZE = (3, 4, 1), 4
PIXELS = 12
RNG = np.random.default_rng(0)
MATRIX = RNG.normal(size=(PIXELS, SIZE)).astype(np.float32)
OFFSETS = RNG.normal(size=(3, PIXELS)).astype(np.float32)
IMAGES = RNG.uniform(-1, 1, (6, *SHAPE)).astype(np.float32)


def decode_linear(latents, labels):
    return tf.reshape(latents @ MATRIX.T + tf.gather(OFFSETS, labels), (-1, *SHAPE))


def draw(n, seed):
    return standard_normal(seed, n, SIZE)


LINEAR = LatentDecoder(decode_linear, SHAPE, SIZE, draw)


def ridge(targets, matrix, weight):
    """The minimum of `mean (y - M z)^2 + weight mean z^2 / 2` where its gradient is zero."""
    curvature = 2 / len(matrix) * matrix.T @ matrix + weight / SIZE * np.eye(SIZE)
    return np.linalg.solve(curvature, 2 / len(matrix) * matrix.T @ targets.T).T


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_a_linear_decoder_is_inverted_as_by_least_squares(weight):
    found = invert(LINEAR, IMAGES, steps=1000, prior_weight=weight)
    expected = ridge(IMAGES.reshape(6, PIXELS) - OFFSETS[0], MATRIX, weight)
    np.testing.assert_allclose(found.latents, expected, atol=1e-3)
    pictures = expected @ MATRIX.T + OFFSETS[0]
    np.testing.assert_allclose(found.pictures.reshape(6, PIXELS), pictures, atol=1e-2)


def test_the_pull_is_left_out_for_another_prior():
    other = dataclasses.replace(LINEAR, normal=False)
    found = invert(other, IMAGES, steps=1000, prior_weight=1.0)
    np.testing.assert_allclose(found.latents, ridge(IMAGES.reshape(6, PIXELS) - OFFSETS[0], MATRIX, 0.0), atol=1e-3)


def test_features_are_compared_beside_pixels():
    """With features of the left half alone, weighted by 2: least squares with rows of twice the weight and more."""
    flat = IMAGES.reshape(6, PIXELS) - OFFSETS[0]
    found = invert(
        LINEAR,
        IMAGES,
        steps=1000,
        prior_weight=0.0,
        features=lambda pictures: pictures[:, :, :2],
        feature_weight=2.0,
    )
    left = np.arange(PIXELS) % 4 < 2
    # The mean over 6 features weighs each pixel twice as much as the mean over 12 pixels.
    scale = np.sqrt(1.0 + 2.0 * 2.0 * left)
    expected = ridge(flat * scale, MATRIX * scale[:, None], 0.0)
    np.testing.assert_allclose(found.latents, expected, atol=1e-3)


def test_a_decoder_that_sees_classes_is_told_them():
    labels = np.array([0, 1, 2, 2, 1, 0])
    sees = dataclasses.replace(LINEAR, classes=("a", "b", "c"))
    found = invert(sees, IMAGES, labels, steps=1000, prior_weight=0.0)
    expected = ridge(IMAGES.reshape(6, PIXELS) - OFFSETS[labels], MATRIX, 0.0)
    np.testing.assert_allclose(found.latents, expected, atol=1e-3)


HILL = LatentDecoder(
    # Rises to 0.43 at 0.71 and falls to zero on both sides: from the far left, the way to a bright pixel leads away.
    lambda latents, _: tf.reshape(latents * tf.exp(-tf.square(latents)), (-1, 1, 1, 1)),
    (1, 1, 1),
    1,
    lambda n, _: np.array([[-3.0], [0.3]], np.float32)[:n],
)


def test_another_start_helps_where_one_is_lost():
    image = np.full((1, 1, 1, 1), 0.4, np.float32)
    lost = invert(HILL, image, restarts=1, prior_weight=0.0)
    assert lost.pictures.item() < 0.01
    found = invert(HILL, image, restarts=2, prior_weight=0.0)
    assert found.pictures.item() == pytest.approx(0.4, abs=1e-4)
    assert found.latents.item() * np.exp(-(found.latents.item() ** 2)) == pytest.approx(0.4, abs=1e-4)


def test_the_best_on_the_way_is_kept():
    start = invert(LINEAR, IMAGES, steps=0, restarts=1, prior_weight=0.0)
    np.testing.assert_array_equal(start.latents, np.repeat(draw(1, 0), 6, axis=0))
    wild = invert(LINEAR, IMAGES, steps=20, restarts=1, prior_weight=0.0, learning_rate=1e3)
    before, after = (np.square(found.pictures - IMAGES).mean(axis=(1, 2, 3)) for found in (start, wild))
    assert (after <= before * (1 + 1e-6)).all()


def test_a_picture_has_the_same_latent_whatever_is_beside_it():
    many = np.concatenate([IMAGES] * 6)  # more than one batch of them with eight restarts
    together = invert(LINEAR, many, steps=50, seed=3)
    np.testing.assert_array_equal(together.latents, invert(LINEAR, many, steps=50, seed=3).latents)
    for row in (0, 35):
        alone = invert(LINEAR, many[row : row + 1], steps=50, seed=3)
        np.testing.assert_allclose(together.latents[row], alone.latents[0], atol=1e-4)


@pytest.fixture(scope="module")
def gan():
    keras.utils.set_random_seed(0)
    networks = {"generator": {"name": "mlp", "units": [16]}, "discriminator": "mlp"}
    model = keras_gen.GAN(image_shape=(8, 8, 1), latent_dim=4, **networks)
    model.compile()
    return model


class TestModels:
    def test_samples_of_a_gan_are_found_again(self, gan):
        samples = gan.sample(5, seed=7)
        found = invert(gan, samples, steps=500, prior_weight=0.0)
        assert np.square(found.pictures - samples).mean() < 1e-4 * samples.var(axis=0).mean()

    @pytest.mark.parametrize("io", ["uint8", "float"])
    def test_a_bundle_is_inverted_like_its_model(self, gan, tmp_path, io):
        """Also where the bundle rounds its pictures, which have no gradient."""
        samples = gan.sample(3, seed=7)
        bundle = export.export_bundle(gan, tmp_path / "bundle", io)
        expected = invert(gan, samples, steps=20)
        found = invert(open_decoder(bundle, serving.load), samples, steps=20)
        np.testing.assert_allclose(found.latents, expected.latents, atol=1e-3)
        np.testing.assert_allclose(found.pictures, expected.pictures, atol=1e-3)

    def test_the_encoder_comes_first_and_its_code_can_be_refined(self, small_vae, vae_bundle, pictures):
        code = small_vae.posterior_of(pictures[:6])[0].numpy()
        plain = invert(small_vae, pictures[:6])
        np.testing.assert_allclose(plain.latents, code, atol=1e-6)
        np.testing.assert_allclose(plain.pictures, small_vae(pictures[:6]), atol=1e-5)
        refined = invert(small_vae, pictures[:6], steps=100)
        before, after = (np.square(found.pictures - pictures[:6]).mean() for found in (plain, refined))
        assert after < before
        of_bundle = invert(open_decoder(vae_bundle, serving.load), pictures[:6])
        np.testing.assert_allclose(of_bundle.latents, code, atol=0.05)  # its encoder sees grey levels

    def test_a_conditional_model_is_given_labels(self):
        model = keras_gen.ConditionalVAE((8, 8, 1), ("a", "b"), 2, encoder="mlp", decoder="mlp")
        images, labels = np.zeros((2, 8, 8, 1), np.float32), np.array([0, 1])
        found = invert(model, images, labels, steps=3)
        assert found.latents.shape == (2, 2)
        with pytest.raises(InputError, match="`labels` must be given"):
            invert(model, images)
        with pytest.raises(InputError, match="from 0 to 1. Received: 2"):
            invert(model, images, np.array([0, 2]))

    def test_what_has_no_saved_model_or_no_prior_is_named(self, vae_bundle, tmp_path, pictures):
        copy = shutil.copytree(vae_bundle, tmp_path / "copy")
        shutil.rmtree(copy / "saved_model")
        with pytest.raises(InputError, match="must have its SavedModel"):
            open_decoder(copy, serving.load)
        with pytest.raises(InputError, match="no such folder"):
            open_decoder(tmp_path / "nowhere", serving.load)
        nothing = dataclasses.replace(LINEAR, draw=None)
        with pytest.raises(InputError, match="an encoder or a prior. Received: a model without both"):
            invert(nothing, IMAGES)


def test_the_decoder_of_a_model_states_what_it_can():
    model = keras_gen.Autoencoder(image_shape=(8, 8, 1), latent_dim=3, encoder="mlp", decoder="mlp")
    decoder = decoder_of(model)
    assert (decoder.draw, decoder.normal, decoder.classes, decoder.latent_dim) == (None, False, (), 3)
    assert decoder.encode is not None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": -1}, "`steps` must be at least 0"),
        ({"restarts": 0}, "`restarts` must be at least 1"),
        ({"learning_rate": 0.0}, "`learning_rate` must be positive"),
        ({"prior_weight": -1.0}, "`prior_weight` must be at least 0"),
        ({"images": IMAGES[:, :2]}, r"at least one picture of 3x4x1. Received: \(6, 2, 4, 1\)"),
        ({"images": IMAGES[:0]}, r"at least one picture"),
    ],
)
def test_impossible_options_are_named(options, message):
    with pytest.raises(InputError, match=message):
        invert(LINEAR, **{"images": IMAGES, **options})
