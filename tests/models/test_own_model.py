"""A model outside of the package passes the contract of those in it: the one of `docs/own_model`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import export
import keras_gen
import serving
from serving import InputError
from tests.harness import ModelContract

FILE = Path(__file__).parents[2] / "docs" / "own_model" / "my_wae.py"


def load_file():
    description = importlib.util.spec_from_file_location("my_wae", FILE)
    module = importlib.util.module_from_spec(description)
    sys.modules["my_wae"] = module
    description.loader.exec_module(module)
    return module


my_wae = load_file()
CODER = {"name": "mlp", "units": [16]}


class TestMyWAE(ModelContract):
    model_class = my_wae.MyWAE
    arguments = {"image_shape": (8, 8, 1), "latent_dim": 3, "encoder": CODER, "decoder": CODER}

    def test_micro_batches_equal_the_whole_batch(self) -> None:
        """They cannot, which is said before anything is computed."""
        model = my_wae.MyWAE(**self.arguments)
        message = "MyWAE computes its loss over the whole batch and cannot be accumulated. Received: micro_batches=2."
        with pytest.raises(InputError, match=message):
            model.micro_batches = 2


def kernel(x, y):
    return 6.0 / (6.0 + np.square(x - y).sum())


def test_the_discrepancy_and_its_gradient_are_those_of_the_equation():
    """The gradient by central differences of the double sum over 5 codes of 3 numbers."""
    import tensorflow as tf

    rng = np.random.default_rng(0)
    codes, drawn = rng.normal(size=(2, 5, 3))
    codes = 2.0 * codes + 1.0

    def discrepancy(z):
        different = [(i, j) for i in range(5) for j in range(5) if i != j]
        within = sum(kernel(z[i], z[j]) + kernel(drawn[i], drawn[j]) for i, j in different)
        return within / 20 - 2 * sum(kernel(x, y) for x in z for y in drawn) / 25

    points = tf.constant(codes, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(points)
        value = tf.reduce_mean(my_wae.mmd_terms(points, tf.constant(drawn, tf.float32)))
    assert float(value) == pytest.approx(discrepancy(codes), rel=1e-5)
    steps = 1e-4 * np.eye(15).reshape(15, 5, 3)
    expected = [(discrepancy(codes + step) - discrepancy(codes - step)) / 2e-4 for step in steps]
    np.testing.assert_allclose(np.ravel(tape.gradient(value, points)), expected, rtol=1e-3, atol=1e-6)


def test_training_brings_codes_to_the_prior(pictures):
    model = my_wae.MyWAE(**TestMyWAE.arguments, mmd_weight=10.0)
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    before = model.evaluate(pictures, batch_size=96, verbose=0, return_dict=True)
    model.fit(pictures, batch_size=48, epochs=40, verbose=0)
    after = model.evaluate(pictures, batch_size=96, verbose=0, return_dict=True)
    assert after["reconstruction"] < 0.7 * before["reconstruction"]
    assert after["mmd"] < 0.03


def test_a_bundle_is_named_after_the_class(tmp_path):
    model = my_wae.MyWAE(**TestMyWAE.arguments)
    manifest = serving.Manifest.read(export.export_bundle(model, tmp_path / "bundle"))
    assert (manifest.model, manifest.weights, manifest.latent.size) == ("MyWAE", "raw", 3)


def test_what_a_model_is_made_of_has_public_names():
    bases = (keras_gen.BaseModel, keras_gen.AdversarialModel, keras_gen.GenerativeAdversarialModel)
    assert issubclass(my_wae.MyWAE, bases[0])
    assert issubclass(keras_gen.GAN, bases)
