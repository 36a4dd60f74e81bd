"""Keras models of any origin as bundles. What pictures must be is computed here from the models, by hand."""

from __future__ import annotations

import hashlib

import keras
import numpy as np
import onnx
import pytest

import export
import serving
from export.foreign.border import OfOriginal
from export.foreign.bordering import bordered
from export.foreign.said import Said
from export.foreign.sources import open_original
from serving.common.noise import standard_normal
from tests.export.foreign.conftest import layers, lively


def levels(values, low=-1.0, high=1.0):
    """Grey levels of numbers between black and white."""
    return np.rint(np.clip((np.asarray(values, np.float64) - low) / (high - low) * 255, 0, 255)).astype(np.uint8)


def near(received, expected):
    """At most one grey level apart, and hardly anywhere."""
    apart = np.abs(received.astype(int) - expected)
    return apart.max() <= 1 and (apart > 0).mean() < 0.01


def test_a_generator_draws_what_keras_makes_of_the_latents_of_a_seed(generator, generator_bundle):
    bundle, said = generator_bundle
    sampler = serving.load(bundle)
    latents = standard_normal(7, 5, 16)
    expected = levels(generator(latents, training=False))
    assert near(sampler.sample(5, seed=7), expected)
    assert near(sampler.decode(latents), expected)
    assert said == ["decoder taken for: tanh output in -1..1; say --range if not."]


def test_the_manifest_states_the_origin(generator_bundle):
    bundle, _ = generator_bundle
    manifest = serving.Manifest.read(bundle)
    file = bundle.parent / "generator.keras"
    (origin,) = manifest.origin.values()
    assert (origin.kind, origin.producer, origin.file) == ("keras", f"keras {keras.__version__}", file.name)
    assert origin.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (manifest.model, manifest.latent.size, manifest.latent.prior) == ("generator", 16, "standard_normal")
    assert "steps" not in manifest.training
    assert f"from generator.keras (keras {keras.__version__}, SHA-256" in (bundle / "README.md").read_text()


def test_foreign_graphs_are_rewritten_as_our_own_are(generator_bundle):
    """Batch normalization is inside the weights, and transposes are at most at the ends."""
    graph = onnx.load(generator_bundle[0] / "decoder.onnx", load_external_data=False).graph
    operators = [node.op_type for node in graph.node]
    assert "BatchNormalization" not in operators
    assert operators.count("Transpose") <= 2
    assert operators.count("ConvTranspose") == 2


@pytest.mark.parametrize("latent_range", [(-1.0, 1.0), (0.0, 1.0)])
def test_latents_of_a_uniform_distribution(generator, tmp_path, latent_range):
    """The network gets the normal distribution function of what a bundle draws."""
    from scipy.stats import norm

    bundle = export.bundle_networks(tmp_path / "b", decoder=generator, latent="uniform", latent_range=latent_range)
    low, high = latent_range
    inside = low + (high - low) * norm.cdf(standard_normal(3, 6, 16).astype(np.float64))
    expected = levels(generator(inside.astype(np.float32), training=False))
    assert near(serving.load(bundle).sample(6, seed=3), expected)


@pytest.mark.parametrize("shape", [(1, 1, 20), (2, 2, 5), (4, 5)])
def test_latents_of_any_shape_are_vectors_outside(tmp_path, shape):
    network = lively(
        keras.Sequential([keras.Input(shape), layers.Flatten(), layers.Dense(48, "sigmoid"), layers.Reshape((4, 4, 3))])
    )
    bundle = export.bundle_networks(tmp_path / "b", decoder=network)
    latents = standard_normal(0, 3, 20)
    expected = levels(network(latents.reshape(3, *shape)), 0, 1)
    assert near(serving.load(bundle).decode(latents), expected)


def conditional(form):
    z = keras.Input((8,), name="noise")
    if form == "index":
        y = keras.Input((1,), dtype="int32", name="kind")
        told = layers.Flatten()(layers.Embedding(3, 4)(y))
    else:
        y = keras.Input((3,), name="kind")
        told = layers.Dense(4)(y)
    x = layers.Dense(27, "tanh")(layers.Concatenate()([z, told]))
    return lively(keras.Model([z, y], layers.Reshape((3, 3, 3))(x)))


@pytest.mark.parametrize("form", ["index", "one_hot"])
def test_a_generator_of_classes(tmp_path, form):
    network = conditional(form)
    bundle = export.bundle_networks(tmp_path / "b", decoder=network, classes=("cat", "dog", "owl"))
    labels = np.array([2, 0, 1, 1])
    told = labels[:, None] if form == "index" else np.eye(3, dtype=np.float32)[labels]
    expected = levels(network([standard_normal(1, 4, 8), told], training=False))
    sampler = serving.load(bundle)
    assert near(sampler.sample(4, seed=1, labels=labels), expected)
    assert sampler.manifest.classes == ("cat", "dog", "owl")


def translating(first, last, sides=(None, None)):
    return lively(
        keras.Sequential(
            [
                keras.Input((*sides, 3)),
                *first,
                layers.Conv2D(8, 3, 2, "same", activation="relu"),
                layers.GroupNormalization(-1),
                layers.UpSampling2D(),
                layers.Conv2D(3, 3, padding="same"),
                *last,
            ]
        )
    )


RANGES = {
    "0..255 inside": (
        ([layers.Rescaling(1 / 255)], [layers.Activation("sigmoid"), layers.Rescaling(255.0)]),
        {},
        (lambda x: x, lambda y: levels(y, 0, 255)),
    ),
    "-1..1": (([], [layers.Activation("tanh")]), {}, (lambda x: x / 127.5 - 1, levels)),
    "0..1 said": (
        ([], [layers.Activation("tanh")]),
        {"range": (0.0, 1.0)},
        (lambda x: x / 255, lambda y: levels(y, 0, 1)),
    ),
    "mean and std": (
        ([], [layers.Activation("sigmoid")]),
        {"mean": (0.5, 0.4, 0.3), "std": (0.2, 0.25, 0.3)},
        (lambda x: (x / 255 - [0.5, 0.4, 0.3]) / [0.2, 0.25, 0.3], lambda y: levels(y, 0, 1)),
    ),
    "BGR without a mean": (
        ([], []),
        {"range": (0.0, 255.0), "mean": (103.9, 116.8, 123.7), "channels_order": "bgr", "output_range": (-2.0, 2.0)},
        (lambda x: x[..., ::-1] - [103.9, 116.8, 123.7], lambda y: levels(y[..., ::-1], -2, 2)),
    ),
}


@pytest.mark.parametrize("name", RANGES)
def test_what_the_numbers_of_pictures_mean(tmp_path, name):
    (first, last), said, (inside, outside) = RANGES[name]
    network = translating(first, last, (12, 10))
    bundle = export.bundle_networks(tmp_path / "b", translator=network, to="mosaic", **said)
    images = np.random.default_rng(0).integers(0, 256, (2, 12, 10, 3), dtype=np.uint8)
    expected = outside(np.asarray(network(inside(images.astype(np.float64)).astype(np.float32), training=False)))
    assert near(serving.load(bundle).translate(images), expected)


def test_a_translator_of_free_sides_takes_any(tmp_path):
    network = translating([], [layers.Activation("tanh")])
    bundle = export.bundle_networks(
        tmp_path / "b", translator=network, translator_back=network, to="zebra", to_back="horse"
    )
    manifest = serving.Manifest.read(bundle)
    assert (manifest.image.any_size, manifest.image.multiple) == (True, 2)
    assert manifest.domains == {"b": "zebra", "a": "horse"}
    images = np.random.default_rng(0).integers(0, 256, (1, 22, 38, 3), dtype=np.uint8)
    expected = levels(network(images.astype(np.float32) / 127.5 - 1, training=False))
    assert near(serving.load(bundle).translate(images, "b"), expected)


def variational(size=4):
    """The VAE of a tutorial, whose encoder draws in inference too."""

    class Sampling(layers.Layer):
        def call(self, inputs):
            mean, log_variance = inputs
            return mean + keras.ops.exp(0.5 * log_variance) * keras.random.normal(keras.ops.shape(mean))

    image = keras.Input((8, 8, 1))
    x = layers.Flatten()(layers.Conv2D(8, 3, 2, "same", activation="relu")(image))
    mean, log_variance = layers.Dense(size, name="z_mean")(x), layers.Dense(size, name="z_log_var")(x)
    encoder = keras.Model(image, [mean, log_variance, Sampling()([mean, log_variance])], name="encoder")
    z = keras.Input((size,))
    x = layers.Reshape((4, 4, 8))(layers.Dense(128, "relu")(z))
    decoder = keras.Model(z, layers.Conv2DTranspose(1, 3, 2, "same", activation="sigmoid")(x), name="decoder")
    return lively(encoder), lively(decoder)


def test_an_encoder_and_a_decoder(tmp_path):
    """Of outputs by name the draw is left out, which no runtime could repeat."""
    encoder, decoder = variational()
    bundle = export.bundle_networks(tmp_path / "b", encoder=encoder, decoder=decoder, range=(0.0, 1.0))
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), dtype=np.uint8)
    mean, *_ = encoder(images.astype(np.float32) / 255, training=False)
    sampler = serving.load(bundle)
    np.testing.assert_allclose(sampler.encode(images), mean, atol=1e-4)
    assert near(sampler.reconstruct(images), levels(decoder(mean), 0, 1))
    assert set(sampler.manifest.networks["encoder"].outputs) == {"mean", "log_variance"}


@pytest.mark.parametrize("last", ["softmax", None, "sigmoid"])
def test_a_classifier(tmp_path, last):
    units = 1 if last == "sigmoid" else 3
    network = lively(keras.Sequential([keras.Input((6, 6, 1)), layers.Flatten(), layers.Dense(units, activation=last)]))
    bundle = export.bundle_networks(tmp_path / "b", classifier=network, range=(0.0, 1.0))
    images = np.random.default_rng(0).integers(0, 256, (5, 6, 6, 1), dtype=np.uint8)
    made = np.asarray(network(images.astype(np.float32) / 255), np.float64)
    if last is None:
        made = np.exp(made) / np.exp(made).sum(axis=1, keepdims=True)
    elif last == "sigmoid":
        made = np.concatenate([1 - made, made], axis=1)
    sampler = serving.load(bundle)
    np.testing.assert_allclose(sampler.classify(images), made, atol=1e-5)
    assert sampler.manifest.classes == tuple("012"[: made.shape[1]])


@pytest.mark.parametrize("flat", [True, False])
def test_pictures_without_an_axis_of_channels(tmp_path, flat):
    """MNIST as tutorials have it: 784 numbers, or 28x28."""
    shape = (36,) if flat else (4, 9)
    network = lively(keras.Sequential([keras.Input((5,)), layers.Dense(36, "sigmoid"), layers.Reshape(shape)]))
    said = {"image_shape": (4, 9, 1)} if flat else {}
    bundle = export.bundle_networks(tmp_path / "b", decoder=network, **said)
    latents = standard_normal(0, 3, 5)
    assert near(serving.load(bundle).decode(latents), levels(network(latents), 0, 1).reshape(3, 4, 9, 1))


def test_how_far_rounding_moves_each_output(generator):
    """Of every output that a check compares: pictures as they are, and before they are rounded."""
    around = bordered("decoder", open_original("decoder", generator), Said(), 0)
    reference = OfOriginal(around.original, around.border, around.graph)
    feed = {"latent": standard_normal(0, 3, 16)}
    moved = reference.rounding(feed, reference.outputs(feed))
    assert set(moved) == {"image", "image_unrounded"}
    assert 1e-9 < moved["image"] < 1e-5
