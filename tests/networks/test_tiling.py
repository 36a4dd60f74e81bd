"""A translator that can be told the statistics of the whole picture."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from keras_gen.layers import InstanceNormalization
from keras_gen.networks import resnet, unet
from keras_gen.networks.tiling import with_statistics

FAMILIES = {"resnet": resnet.translator, "unet": unet.translator}


def pictures(height, width, count=2):
    return np.random.default_rng(0).uniform(-1, 1, (count, height, width, 3)).astype(np.float32)


def run(tile, images, statistics, own):
    given = np.broadcast_to(statistics, (len(images), tile.input["statistics"].shape[-1])).astype(np.float32)
    outputs = tile(
        {"image": images, "statistics": given, "use_own_statistics": np.full((len(images), 1), own, np.float32)}
    )
    return outputs["translation"].numpy(), outputs["measured_statistics"].numpy()


@pytest.mark.parametrize("family", FAMILIES)
def test_with_its_own_statistics_it_is_the_network(family):
    network = FAMILIES[family]((16, 16, 3), 3, filters=4)
    tile = with_statistics(network)
    assert {id(weight) for weight in tile.weights} == {id(weight) for weight in network.weights}
    images = pictures(16, 32)
    translation, measured = run(tile, images, 7.0, own=1)
    np.testing.assert_allclose(translation, network(images), atol=2e-5)
    again, measured_again = run(tile, images, measured, own=0)
    np.testing.assert_allclose(again, network(images), atol=2e-5)
    np.testing.assert_allclose(measured_again, measured, atol=1e-4)


def test_the_statistics_are_means_and_log_variances():
    layer = keras.layers.Conv2D(4, 1)
    image = keras.Input((None, None, 3))
    network = keras.Model(image, InstanceNormalization(epsilon=0.01)(layer(image)))
    images = pictures(6, 5)
    _, measured = run(with_statistics(network), images, 0.0, own=1)
    inner = np.asarray(layer(images), np.float64)
    expected = np.concatenate([inner.mean((1, 2)), np.log(inner.var((1, 2)) + 0.01)], axis=1)
    np.testing.assert_allclose(measured, expected, atol=1e-5)


def test_equal_statistics_make_equal_tiles():
    """Far from its borders a tile becomes what it does in the whole picture, which its own statistics do not give."""
    network = resnet.translator((16, 16, 3), 3, filters=4, blocks=1)
    for weight in network.trainable_weights:
        weight.assign(weight * 5 if len(weight.shape) == 4 else weight)
    tile = with_statistics(network)
    whole = pictures(64, 64, count=1)
    whole[:, :, 32:] = whole[:, :, 32:] * 0.1 + 0.8
    expected, measured = run(tile, whole, 0.0, own=1)
    inner = slice(24, 40)
    part = whole[:, :, 0:48]
    by_whole, by_itself = run(tile, part, measured, own=0)[0], run(tile, part, 0.0, own=1)[0]
    np.testing.assert_allclose(by_whole[:, inner, 16:24], expected[:, inner, 16:24], atol=1e-4)
    assert np.abs(by_itself[:, inner, 16:24] - expected[:, inner, 16:24]).max() > 0.05


def test_a_network_without_such_statistics_has_no_such_copy():
    assert with_statistics(resnet.translator((16, 16, 3), 3, filters=2, normalization="batch")) is None


def test_names_of_a_loaded_networks_layers_may_be_any():
    """In a fresh process Keras counts its own names from the start again."""
    keras.utils.clear_session()
    network = unet.translator((16, 16, 3), 3, filters=4)
    keras.utils.clear_session()
    assert with_statistics(network) is not None


def nested():
    image = keras.Input((None, None, 3))
    return keras.Model(image, InstanceNormalization()(keras.layers.Conv2D(4, 3, padding="same")(image)))


def shared():
    image, twice = keras.Input((None, None, 3)), InstanceNormalization()
    return keras.Model(image, twice(keras.layers.Conv2D(3, 3, padding="same")(twice(image))))


def ending_in(*layers):
    image = x = keras.Input((None, None, 3))
    for layer in (keras.layers.Conv2D(4, 1), *layers):
        x = layer(x)
    return keras.Model(image, x)


OF_ANY_KIND = {
    "nested": (lambda: ending_in(keras.layers.Conv2D(3, 1), nested()), 8),
    "called by another": (lambda: keras.Sequential([keras.Input((None, None, 3)), nested()]), 8),
    "shared": (shared, 12),
    "of every channel": (lambda: ending_in(keras.layers.GroupNormalization(-1)), 8),
    "of two groups": (lambda: ending_in(keras.layers.GroupNormalization(2, center=False)), 4),
    "of one group": (lambda: ending_in(keras.layers.GroupNormalization(1, scale=False), InstanceNormalization()), 10),
}


@pytest.mark.parametrize("kind", OF_ANY_KIND)
def test_normalizations_of_any_kind_are_told(kind):
    build, size = OF_ANY_KIND[kind]
    network = build()
    for weight in network.weights:
        weight.assign(np.random.default_rng(1).normal(size=weight.shape) + 0.5)
    tile = with_statistics(network)
    assert tile.input["statistics"].shape[-1] == size
    whole = pictures(8, 24)
    expected, measured = run(tile, whole, 7.0, own=1)
    np.testing.assert_allclose(expected, network(whole), atol=1e-5)
    again, _ = run(tile, whole, measured, own=0)
    np.testing.assert_allclose(again, expected, atol=1e-5)
    # A tile by the statistics of the whole is a part of the whole, but for a border where it sees what is outside.
    part, _ = run(tile, np.ascontiguousarray(whole[:, :, 12:]), measured, own=0)
    by_itself, _ = run(tile, np.ascontiguousarray(whole[:, :, 12:]), measured, own=1)
    np.testing.assert_allclose(part[:, :, 2:], expected[:, :, 14:], atol=1e-4)
    assert np.abs(by_itself[:, :, 2:] - expected[:, :, 14:]).max() > 0.01
