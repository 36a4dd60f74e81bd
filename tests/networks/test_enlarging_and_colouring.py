"""The translators `subpixel` and `colour`."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import export
import keras_gen
import serving
from keras_gen.networks import build_translator
from keras_gen.networks.sizes import side_multiple
from serving import InputError
from tests.translators import noise

SMALL = {"subpixel": {"filters": 4, "blocks": 1}, "colour": {"filters": 4, "depth": 2}}


def test_an_untrained_network_shows_what_it_was_given():
    for factor in (2, 4):
        network = build_translator({"name": "subpixel", "factor": factor, **SMALL["subpixel"]}, (8, 8, 3), 3)
        assert side_multiple(network) == factor
        images = np.random.default_rng(0).uniform(-1, 1, (2, 12, 16, 3)).astype(np.float32)
        np.testing.assert_allclose(network(images), images, atol=1e-6)


def test_only_the_small_picture_is_looked_at():
    """Two pictures whose squares have the same means differ in the result only by themselves."""
    network = build_translator({"name": "subpixel", **SMALL["subpixel"]}, (8, 8, 3), 3)
    network.set_weights([np.random.default_rng(1).normal(0, 0.1, each.shape) for each in network.get_weights()])
    small = np.random.default_rng(0).uniform(-0.3, 0.3, (1, 4, 4, 3)).astype(np.float32)
    first = small.repeat(2, axis=1).repeat(2, axis=2)
    second = first + np.tile([[0.1, -0.1], [-0.1, 0.1]], (4, 4))[None, ..., None].astype(np.float32)
    np.testing.assert_allclose(network(second) - second, network(first) - first, atol=1e-5)
    assert np.abs(network(first) - first).max() > 0.01


@pytest.mark.parametrize("name", ["subpixel", "colour"])
def test_a_bundle_of_any_size(name, tmp_path):
    model = keras_gen.Pix2Pix(
        (8, 8, 3), {"name": name, **SMALL[name]}, {"name": "patchgan", "receptive_field": 16, "filters": 4}
    )
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    bundle = export.export_bundle(again, tmp_path / "bundle")
    translator = serving.load(bundle, provider="cpu")
    grey = noise(10, 14, 1).repeat(3, axis=2)
    made = translator.translate(grey[None])[0]
    assert made.shape == grey.shape
    if name == "subpixel":
        # Weights are such that nothing is added yet.
        np.testing.assert_array_equal(made, grey)


@pytest.mark.parametrize(
    ("spec", "shape", "message"),
    [
        ({"name": "subpixel", "factor": 3}, (8, 8, 3), "`factor` must be 2 or 4. Received: 3"),
        ({"name": "subpixel", "factor": 4}, (6, 8, 3), "height and width that are multiples of 4. Received: 6x8"),
        ("colour", (8, 8, 1), "the network 'colour' must have RGB pictures on both sides. Received: 1 and 1 channels"),
    ],
)
def test_mistakes_are_named(spec, shape, message):
    with pytest.raises(InputError, match=message):
        build_translator(spec, shape, shape[2])
