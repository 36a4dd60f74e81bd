"""What `docs/own_network.md` tells a reader to type, typed."""

from __future__ import annotations

import shlex

import keras
import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper, save

import serving
from keras_gen.cli import main
from serving.common.images import read_image, write_png
from tests.pages import PAGES, blocks, commands

layers = keras.layers


def write_translator(path, seed):
    """One convolution, channels first, of any size: what PyTorch would write of it."""
    kernel = np.random.default_rng(seed).normal(0, 0.2, (3, 3, 1, 1)).astype(np.float32)
    node = helper.make_node("Conv", ["input", "kernel"], ["output"])
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 3, "h", "w"]) for name in ("input", "output")
    ]
    graph = helper.make_graph([node], "main", values[:1], values[1:], [numpy_helper.from_array(kernel, "kernel")])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A reader's folder, the current one, with networks under the names of the page."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vae").mkdir()
    decoder = [keras.Input((4,)), layers.Dense(192, activation="sigmoid"), layers.Reshape((8, 8, 3))]
    keras.Sequential(decoder).save("vae/decoder.keras")
    keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten(), layers.Dense(4)]).save("vae/encoder.keras")
    for seed, name in enumerate(("style", "a2b", "b2a")):
        write_translator(tmp_path / f"{name}.onnx", seed)
    classifier = [keras.Input((8, 8, 3)), layers.Flatten(), layers.Dense(2, activation="softmax")]
    keras.Sequential(classifier).export("saved_model_dir", verbose=False)
    write_png(tmp_path / "photo.png", np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8))
    return tmp_path


def test_the_programs_and_commands_run(folder, capfd):
    (program,) = blocks("own_network", "python")
    exec(program, {})
    said = capfd.readouterr().out
    assert said.strip() in PAGES["own_network"].read_text()
    assert said.startswith("decoder taken for: tanh output in -1..1")
    for line in commands("own_network"):
        assert main(shlex.split(line)[1:]) == 0, line
    kinds = {place: serving.Manifest.read(folder / "bundles" / place) for place in ("mine", "vae", "h2z", "classifier")}
    assert kinds["h2z"].domains == {"b": "zebra", "a": "horse"}
    assert kinds["classifier"].classes == ("cat", "dog")
    assert set(kinds["vae"].networks) >= {"encoder", "decoder", "sampler"}
    assert read_image(folder / "mosaic.png").shape == (20, 30, 3)
