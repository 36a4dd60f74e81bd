from __future__ import annotations

import hashlib
import json
import shutil

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from keras_gen.cli import main
from keras_gen.data import open_source
from keras_gen.metrics import judges
from keras_gen.metrics.classifier import softmax
from keras_gen.metrics.extractors import RESIZER, OnnxFile, open_extractor, stamp
from keras_gen.metrics.judges import judge_catalogue, judge_content, judge_file
from serving import InputError
from serving.common.images import to_float, write_png

LARGEST = 500_000


@pytest.fixture(scope="module")
def digits():
    return open_source("mnist5k", 32, split="test")


@pytest.mark.parametrize("name", judge_catalogue())
def test_the_file_is_the_published_one(name):
    entry, content = judge_catalogue()[name], judge_file(name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert len(content) == entry["size"] <= LARGEST
    assert judge_content(name) == content
    assert len(entry["classes"]) == 10


def test_it_reads_digits_in_any_form(digits):
    judge = open_extractor("judge:digits", digits, digits)
    assert (judge.width, judge.classes, judge.image_shape) == (128, 10, (32, 32, 1))
    images, labels = digits.examples.images, digits.examples.labels
    features, probabilities = judge.extract(images)
    assert (probabilities.argmax(axis=1) == labels).mean() >= 0.99
    some = slice(0, 20)
    for same in (to_float(images[some]), np.repeat(images[some], 3, axis=3)):
        np.testing.assert_allclose(judge.features(same), features[some], atol=1e-4)
    said = {"its accuracy": judge_catalogue()["digits"]["accuracy"]}
    name = f"128 of judge:digits (SHA-256 {judge_catalogue()['digits']['sha256'][:12]})"
    assert stamp(judge, (32, 32, 1)) == {"extractor": name, **said, "resizer": "none"}
    assert stamp(judge, (28, 28, 1))["resizer"] == RESIZER


def test_its_features_are_the_layer_before_the_logits(digits):
    """The last product's weights, as the file has them, make the classes of the features."""
    file = judge_file("digits")
    features, probabilities = OnnxFile(file, (32, 32, 1)).extract(digits.examples.images[:9])
    arrays = [numpy_helper.to_array(each).astype(np.float32) for each in onnx.load(file).graph.initializer]
    (weights,) = (array for array in arrays if array.shape in ((128, 10), (10, 128)))
    (bias,) = (array for array in arrays if array.shape == (10,))
    logits = features @ weights.reshape(128, 10) + bias
    assert features.min() >= 0
    np.testing.assert_allclose(softmax(logits), probabilities, atol=1e-4)


def test_figures_are_those_of_a_folder_and_of_a_source(digits, tmp_path, monkeypatch):
    """The same digits as a folder for each class, as arrays, and of the size of MNIST."""
    monkeypatch.chdir(tmp_path)
    made, real = digits.draw(300, 0), digits.draw(500, 1)
    for index, (image, label) in enumerate(zip(made.examples.images, made.examples.labels, strict=True)):
        (tmp_path / "made" / str(label)).mkdir(parents=True, exist_ok=True)
        write_png(tmp_path / "made" / str(label) / f"{index}.png", image)
    for name, part in (("made", made), ("real", real)):
        arrays = {"images": part.examples.images, "labels": part.examples.labels}
        np.savez(tmp_path / f"{name}.npz", **arrays)
    options = ["--against", "npz:real.npz", "--extractor", "judge:digits", "--metrics", "frechet", "classes", "modes"]
    found = []
    for place in ("made", "npz:made.npz"):
        assert main(["evaluate", place, *options]) == 0
        written = "made_evaluation.json" if place == "made" else "made.npz_evaluation.json"
        found.append({figure["name"]: figure for figure in json.loads((tmp_path / written).read_text())})
    folder, arrays = found
    assert set(folder) == {"frechet_distance", "class_accuracy", "modes_found", "modes_kl"}
    for name, figure in folder.items():
        assert figure["value"] == pytest.approx(arrays[name]["value"], rel=1e-3)
        assert figure["settings"]["resizer"] == "none"
    assert folder["class_accuracy"]["value"] >= 0.98
    assert folder["modes_found"]["value"] == 10


def test_samples_of_a_bundle_are_read_as_what_was_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ["--data", "mnist5k", "--drawn", "100", "--metrics", "classes", "--extractor", "judge:digits"]
    assert main(["evaluate", "ready:digits", *options]) == 0
    (figure,) = json.loads((tmp_path / "digits_evaluation.json").read_text())
    assert figure["name"] == "class_accuracy"
    assert figure["value"] >= 0.95


def test_what_it_cannot_judge_is_one_line(digits, tmp_path, monkeypatch, capfd):
    with pytest.raises(InputError, match=r"must be one of digits. Received: 'digit'. Did you mean 'digits'\?"):
        open_extractor("judge:digit", digits, digits)
    with pytest.raises(InputError, match="judge:NAME or onnx:FILE"):
        open_extractor("judge:", digits, digits)
    judge = open_extractor("judge:digits", digits, digits)
    with pytest.raises(InputError, match="pictures of 1 channels. Received: 2"):
        judge.features(np.zeros((3, 32, 32, 2), np.uint8))
    monkeypatch.chdir(tmp_path)
    plain = tmp_path / "plain"
    plain.mkdir()
    for index, image in enumerate(digits.examples.images[:12]):
        write_png(plain / f"{index}.png", image)
    options = ["--against", "plain", "--extractor", "judge:digits", "--metrics"]
    assert main(["evaluate", "plain", *options, "classes"]) == 2
    assert "folder:plain must have labels, such as a folder for each class" in capfd.readouterr().err
    damaged = tmp_path / "judges"
    shutil.copytree(judges.FOLDER, damaged)
    content = bytearray(judge_file("digits").read_bytes())
    content[len(content) // 2] ^= 1
    monkeypatch.setattr(judges, "FOLDER", damaged)
    (damaged / "digits.onnx").write_bytes(content)
    assert main(["evaluate", "plain", *options, "precision"]) == 2
    said = capfd.readouterr().err
    assert "digits.onnx must have the published SHA-256" in said
    assert len(said.splitlines()) == 1
    (damaged / "digits.onnx").unlink()
    with pytest.raises(InputError, match="install keras-gen again"):
        judge_content("digits")
