"""What was written once can be read: `.keras` files, bundles and registered names are formats."""

from __future__ import annotations

import importlib
import json
import pkgutil
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_gen
import serving
from keras_gen.training.run_directory import load_model_file
from tests.formats.write import STEP, WITH_BUNDLE, computed, shown

HERE = Path(__file__).parent
FORMATS = ("first", "present")
MODELS = ("vae", "gan", "cyclegan", "dann")
PICTURE = np.arange(64, dtype=np.uint8).reshape(1, 8, 8, 1) * 3


def expected(form, name, part):
    return json.loads((HERE / form / f"{name}.json").read_text())[part]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("form", FORMATS)
def test_a_keras_file_of_each_format_computes_what_it_did(form, name):
    model = load_model_file(HERE / form / f"{name}.keras")
    assert int(model.noise.step) == STEP
    received = computed(model)
    for network, outputs in expected(form, name, "keras").items():
        for output, numbers in outputs.items():
            np.testing.assert_allclose(received[network][output], numbers, rtol=1e-5, atol=1e-5, err_msg=network)


@pytest.mark.parametrize("name", ["dann", "gan"])
def test_a_file_of_the_first_format_saved_again_is_the_same(name, tmp_path):
    """Under the names that it had."""
    model = load_model_file(HERE / "first" / f"{name}.keras")
    model.save(tmp_path / "again.keras")
    assert computed(load_model_file(tmp_path / "again.keras")) == computed(model)


@pytest.mark.parametrize("name", WITH_BUNDLE)
@pytest.mark.parametrize(("form", "version"), [("first", 1), ("present", 2)])
def test_a_bundle_of_each_format_computes_what_it_did(form, version, name, tmp_path):
    with zipfile.ZipFile(HERE / form / f"{name}.zip") as archive:
        archive.extractall(tmp_path)
    assert json.loads((tmp_path / "manifest.json").read_text())["format_version"] == version
    loaded = serving.load(tmp_path, provider="cpu")
    if isinstance(loaded, serving.Translator):
        received = {to: shown(loaded.translate(PICTURE, to)) for to in ("a", "b")}
    else:
        codes = loaded.encode(PICTURE)
        received = {"sample": loaded.sample(2, seed=3), "code": codes, "decoded": loaded.decode(codes)}
    for what, numbers in expected(form, name, "bundle").items():
        # A number that lies between two grey levels may be rounded to either.
        tolerance = 1e-5 if what == "code" else 1
        np.testing.assert_allclose(shown(received[what]), numbers, atol=tolerance, err_msg=what)


def test_old_layers_are_the_new_ones():
    """`Truncation` was no model's own; networks that a user gives may have it."""
    config = {"name": "t", "trainable": True, "dtype": "float32", "size": 2}
    described = {"module": "keras_gen.layers.truncation", "class_name": "Truncation", "config": config}
    old = keras.saving.deserialize_keras_object({**described, "registered_name": "keras_gen>Truncation"})
    noise = np.array([[3.0, 0.5, 0.1, 0.2]], np.float32)
    np.testing.assert_array_equal(old(noise, np.float32(1)), keras_gen.layers.TruncatedNormal(2)(noise, np.float32(1)))


def test_every_registered_name_is_recorded():
    """A name that goes must leave an alias (`keras_gen/layers/aliases.py`); a new one is written down here."""
    for module in pkgutil.walk_packages(keras_gen.__path__, "keras_gen."):
        if module.name.split(".")[1] in ("layers", "losses", "networks", "training", "models"):
            importlib.import_module(module.name)
    registered = keras.saving.get_custom_objects()
    names = sorted(name for name in registered if name.startswith("keras_gen>"))
    assert names == (HERE / "registered_names.txt").read_text().split()
