"""Styles as the latent space of a trained model, and noise of layers that is drawn with a picture."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.inversion import invert
from keras_gen.inversion.decoder import decoder_of
from keras_gen.layers import FeatureNoise
from serving import InputError
from serving.common.noise import standard_normal
from serving.latents.directions import along, closed_form_directions
from serving.latents.latent_space import interpolate

NUMBERS, STYLE, NOISE = 3, 6, 4 * 4 + 2 * 8 * 8
OPTIONS = {
    "image_shape": (8, 8, 1),
    "latent_dim": NUMBERS,
    "generator": {"name": "stylegan", "filters": 2, "style_dim": STYLE},
    "discriminator": {"name": "mlp", "units": [4]},
}
CLASSES = ("a", "b")


def built(classes=()):
    keras.utils.set_random_seed(1)
    model = (
        keras_gen.ConditionalGAN(classes=classes, condition="auxiliary", **OPTIONS)
        if classes
        else keras_gen.GAN(**OPTIONS)
    )
    for layer in model.average.layers:
        if isinstance(layer, FeatureNoise):
            layer.strength.assign(0.8)
    return model


@pytest.fixture
def model():
    return built()


@pytest.mark.parametrize("layer_noise", ["fixed", "drawn"])
@pytest.mark.parametrize("classes", [(), CLASSES])
def test_both_spaces_have_the_same_pictures_of_a_seed(classes, layer_noise):
    model = built(classes)
    pictures = []
    for space in ("z", "w"):
        model.use_space(space, layer_noise)
        pictures.append(model.sample(5, 2))
    np.testing.assert_allclose(*pictures, atol=1e-5)
    model.use_space()
    plain = model.sample(5, 2)
    assert np.allclose(plain, pictures[0], atol=1e-5) == (layer_noise == "fixed")
    assert model.spec.prior == "standard_normal"


def test_drawn_noise_is_added_where_the_fixed_maps_were(model):
    """With the maps themselves as the noise, pictures are those of fixed noise."""
    latents = standard_normal(1, 4, NUMBERS)
    fixed = model(latents).numpy()
    maps = [np.ravel(layer.fixed) for layer in model.average.layers if isinstance(layer, FeatureNoise)]
    given = np.concatenate([latents, np.tile(np.concatenate(maps), (4, 1))], axis=1)
    model.use_space("z", "drawn")
    decoder = model.inference_networks()["decoder"]
    np.testing.assert_allclose(decoder({"latent": given})["image"], fixed, atol=1e-5)
    given[:, NUMBERS:] = standard_normal(9, 4, NOISE)
    assert np.abs(decoder({"latent": given})["image"] - fixed).max() > 0.01


@pytest.mark.parametrize("classes", [(), CLASSES])
def test_truncation_brings_styles_nearer_to_the_mean_of_their_class(classes):
    model = built(classes)
    model.use_space("w")
    mapping = model.average.get_layer("mapping")
    labels = np.arange(6) % 2 if classes else np.zeros(6, int)
    code = np.eye(2, dtype=np.float32)[:, : len(classes)]

    def mapped(z, label):
        return mapping(np.concatenate([z, np.tile(code[label], (len(z), 1))], axis=1)).numpy()

    means = [mapped(standard_normal(0, 4096, NUMBERS), label).mean(axis=0) for label in (0, 1)]
    drawn = zip(standard_normal(3, 6, NUMBERS), labels, strict=True)
    whole = np.concatenate([mapped(numbers[None], label) for numbers, label in drawn])
    centre = np.stack([means[label] for label in labels])
    for truncation, share in ((0.25, 0.25), (1.0, 1.0), (7.0, 1.0), (np.inf, 1.0)):
        received = model.prior_latents(6, 3, truncation=truncation)
        np.testing.assert_allclose(received, centre + share * (whole - centre), atol=1e-4)


def test_an_inversion_seeks_the_style_and_leaves_the_noise(model):
    model.use_space("w", "drawn")
    wanted = model.sample(1, 4)
    found = invert(model, wanted, steps=60, restarts=2, seed=1)
    starts = model.prior_latents(2, 1)
    assert any(np.array_equal(found.latents[0, STYLE:], start[STYLE:]) for start in starts)
    before = min(((decoder_of(model).decode(start[None], None) - wanted) ** 2).numpy().mean() for start in starts)
    assert ((found.pictures - wanted) ** 2).mean() < 0.8 * before


def test_directions_are_the_eigenvectors_of_all_style_weights(model):
    """Shen & Zhou 2021, equation 5."""
    weights = model.style_weights()
    affine = next(layer for layer in model.average.layers if layer.name.startswith("modulated")).affine
    styles = np.random.default_rng(0).standard_normal((4, STYLE)).astype(np.float32)
    np.testing.assert_allclose(styles @ weights[0].T + 1.0, affine(styles), atol=1e-5)
    assert len(weights) == 5  # three convolutions, and two to a picture
    stacked = np.concatenate(weights)
    values, vectors = np.linalg.eigh(stacked.T @ stacked)
    directions = closed_form_directions(weights, 4)
    overlap = np.abs(directions @ vectors[:, ::-1])
    np.testing.assert_allclose(overlap, np.eye(4, STYLE), atol=1e-3)
    np.testing.assert_allclose(((stacked @ directions.T) ** 2).sum(axis=0), values[::-1][:4], rtol=1e-4)
    assert (directions[np.arange(4), np.abs(directions).argmax(axis=1)] > 0).all()


def test_directions_move_a_latent_and_leave_what_is_behind_them():
    received = along(np.array([1.0, 2.0, 3.0]), np.array([[1.0, 0.0], [0.6, 0.8]]), steps=3, reach=2.0)
    expected = [[-1, 2, 3], [1, 2, 3], [3, 2, 3], [-0.2, 0.4, 3], [1, 2, 3], [2.2, 3.6, 3]]
    np.testing.assert_allclose(received, expected, atol=1e-6)
    for wrong in (np.ones((2, 4)), np.ones(2)):
        with pytest.raises(InputError, match="directions must be"):
            along(np.zeros(3), wrong)
    with pytest.raises(InputError, match="`count` must be at most 2"):
        closed_form_directions([np.ones((3, 2))], 3)
    with pytest.raises(InputError, match="one latent size"):
        closed_form_directions([np.ones((3, 2)), np.ones((3, 4))], 1)


def test_noise_is_not_interpolated():
    stations = np.array([[0.0, 0.0, 5.0], [1.0, 2.0, 7.0]], np.float32)
    received = interpolate(stations, 3, "linear", noise=1)
    np.testing.assert_allclose(received, [[0, 0, 5], [0.5, 1, 5], [1, 2, 5]])


@pytest.mark.parametrize(
    ("network", "choice", "message"),
    [
        ("mlp", ("w",), "a generator with styles, as those of `stylegan`"),
        ("stylegan", ("x",), "`space` must be one of z, w. Received: 'x'"),
        ("stylegan", ("w", "none"), "`layer_noise` must be one of fixed, drawn."),
    ],
)
def test_what_a_generator_does_not_have_is_named(network, choice, message):
    with pytest.raises(InputError) as error:
        keras_gen.GAN(**{**OPTIONS, "generator": network}).use_space(*choice)
    assert message in str(error.value)
    with pytest.raises(InputError, match="which has one latent space"):
        keras_gen.Autoencoder((8, 8, 1)).use_space("w")
