"""Where networks come from: files of Keras 3 and Keras 2, SavedModels, classes of other people."""

from __future__ import annotations

import json
import sys

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

import export
import serving
from export.foreign.sources import open_original
from serving.common.noise import standard_normal
from tests.export.foreign.conftest import dcgan, layers, lively

LATENTS = standard_normal(5, 3, 16)


def made_of(place, **options):
    """What a decoder's bundle must compute, by the original that was opened, and where it is from."""
    original = open_original("decoder", place, **options)
    ((_, values),) = original.run({original.inputs[0].name: LATENTS}).items()
    return values, original.origin


def as_keras_2(config):
    """A config as Keras 2.10 wrote it."""
    if isinstance(config, list):
        return [as_keras_2(each) for each in config]
    if not isinstance(config, dict):
        return config
    config = {k: as_keras_2(v) for k, v in config.items() if k not in ("module", "registered_name", "build_config")}
    if config.get("class_name") == "DTypePolicy":
        return config["config"]["name"]
    if "batch_shape" in config:
        config["batch_input_shape"] = config.pop("batch_shape")
    if config.get("class_name") == "BatchNormalization":
        config["config"]["axis"] = [config["config"]["axis"]]
    if config.get("class_name") == "Conv2DTranspose":
        config["config"]["groups"] = 1
    if config.get("class_name") == "LeakyReLU":
        config["config"]["alpha"] = config["config"].pop("negative_slope")
    return config


@pytest.mark.filterwarnings("ignore:.*HDF5:UserWarning")
@pytest.mark.parametrize("version", [2, 3])
def test_an_h5_file(generator, tmp_path, version):
    place = tmp_path / "generator.h5"
    generator.save(place)
    if version == 2:
        with h5py.File(place, "r+") as file:
            file.attrs["model_config"] = json.dumps(as_keras_2(json.loads(file.attrs["model_config"])))
            file.attrs["keras_version"] = "2.10.0"
    before = place.read_bytes()
    values, origin = made_of(place)
    np.testing.assert_allclose(values, generator(LATENTS, training=False), atol=1e-6)
    assert origin.producer == ("keras 2.10.0" if version == 2 else f"keras {keras.__version__}")
    assert place.read_bytes() == before


class Halves(keras.Model):
    """A model of a class of its own, as subclassed models of tutorials are."""

    def __init__(self, **options):
        super().__init__(**options)
        self.first = layers.Dense(48, activation="tanh")
        self.second = layers.Reshape((4, 4, 3))

    def call(self, z):
        return self.second(self.first(z))


def test_a_subclassed_model_that_was_called(tmp_path):
    network = Halves()
    network(LATENTS)
    lively(network)
    values, _ = made_of(network)
    np.testing.assert_allclose(values, network(LATENTS), atol=1e-6)
    sampler = serving.load(export.bundle_networks(tmp_path / "b", decoder=network))
    assert np.abs(sampler.decode(LATENTS) - (values + 1) * 127.5).max() <= 1


OWN = """
import keras

class Squares(keras.layers.Layer):
    def call(self, x):
        return x * x

class Net(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.squares, self.dense = Squares(), keras.layers.Dense(12, "tanh")
        self.shape_ = keras.layers.Reshape((2, 2, 3))

    def call(self, z):
        return self.shape_(self.dense(self.squares(z)))
"""


@pytest.mark.filterwarnings("ignore:.*HDF5:UserWarning")
@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_layers_of_other_people(tmp_path, monkeypatch, suffix):
    """They are known by the module that is named, from the current folder; registered with Keras or not."""
    name = f"their_layers_{suffix}"
    (tmp_path / f"{name}.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    theirs = __import__(name)
    network = lively(
        keras.Sequential([keras.Input((16,)), theirs.Squares(), layers.Dense(12, "tanh"), layers.Reshape((2, 2, 3))])
    )
    network.save(f"net.{suffix}")
    expected = np.asarray(network(LATENTS))
    del sys.modules[name]
    with pytest.raises(serving.InputError, match=r"classes that are known. Received: [\w.]*Squares; name the module"):
        open_original("decoder", f"net.{suffix}")
    values, _ = made_of(f"net.{suffix}", custom=(name,))
    np.testing.assert_allclose(values, expected, atol=1e-6)


@pytest.mark.parametrize("how", ["keras 3 export", "keras 2 signature"])
def test_a_saved_model(generator, tmp_path, how):
    """What Keras 2 wrote is a signature `serving_default` of named tensors, whatever the layers were."""
    place = tmp_path / "saved"
    signature = None
    if how == "keras 3 export":
        generator.export(place, verbose=False)
    else:
        signature = "draw"
        function = tf.function(
            lambda noise: {"pictures": generator(noise, training=False)},
            input_signature=[tf.TensorSpec((None, 16), tf.float32, "noise")],
        )
        module = tf.Module()
        module.generator = generator
        tf.saved_model.save(module, str(place), signatures={"draw": function, "other": function})
    values, origin = made_of(place, signature=signature)
    np.testing.assert_allclose(values, generator(LATENTS, training=False), atol=1e-6)
    assert (origin.kind, origin.producer) == ("saved_model", f"tensorflow {tf.__version__}")
    bundle = export.bundle_networks(tmp_path / "b", decoder=place, signature=signature)
    assert np.abs(serving.load(bundle).decode(LATENTS) - (values + 1) * 127.5).max() <= 1


def test_a_saved_model_of_one_latent_is_run_for_one_after_the_other(generator, tmp_path):
    function = tf.function(
        lambda z: {"pictures": generator(z, training=False)}, input_signature=[tf.TensorSpec((1, 16), tf.float32, "z")]
    )
    module = tf.Module()
    module.generator = generator
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures={"serving_default": function})
    bundle = export.bundle_networks(tmp_path / "bundle", decoder=tmp_path / "saved")
    assert serving.Manifest.read(bundle).networks["decoder"].batch == 1
    expected = (np.asarray(generator(LATENTS, training=False)) + 1) * 127.5
    assert np.abs(serving.load(bundle).decode(LATENTS) - expected).max() <= 1


def test_a_model_in_half_precision_is_compared_in_float32(tmp_path):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        network = lively(dcgan())
    finally:
        keras.config.set_dtype_policy(before)
    values, _ = made_of(network)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, np.asarray(network(LATENTS, training=False), np.float32), atol=1e-2)


def test_random_layers_that_rest_in_inference_are_left_out(tmp_path):
    network = lively(
        keras.Sequential(
            [
                keras.Input((16,)),
                layers.GaussianNoise(1.0),
                layers.Dropout(0.5),
                layers.Dense(12, "tanh"),
                layers.Reshape((2, 2, 3)),
            ]
        )
    )
    bundle = export.bundle_networks(tmp_path / "b", decoder=network)
    expected = (np.asarray(network(LATENTS, training=False)) + 1) * 127.5
    assert np.abs(serving.load(bundle).decode(LATENTS) - expected).max() <= 1


def test_a_lambda_of_a_model_in_memory_is_a_part_of_its_graph(tmp_path):
    network = keras.Sequential(
        [keras.Input((12,)), layers.Lambda(lambda x: keras.ops.tanh(x)), layers.Reshape((2, 2, 3))]
    )
    bundle = export.bundle_networks(tmp_path / "b", decoder=network)
    latents = standard_normal(0, 2, 12)
    expected = (np.tanh(latents).reshape(2, 2, 2, 3) + 1) * 127.5
    assert np.abs(serving.load(bundle).decode(latents) - expected).max() <= 1
