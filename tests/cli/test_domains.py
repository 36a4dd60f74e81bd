"""A model that adapts from one domain to another, from training to every command that fits its bundle."""

from __future__ import annotations

import csv
import json
import subprocess
import sys

import keras
import numpy as np
import pytest

import serving
from keras_gen.cli import main
from keras_gen.data import open_source
from serving.common.images import to_uint8, write_png

NETWORK = "{name: lenet, filters: [4, 6], kernel_size: 3, padding: same}"
SMALL = ["--epochs", "2", "--batch_size", "50", "--seed", "3", "--model.feature_extractor", NETWORK]
OPTIMIZER = ["--optimizer.schedule", "inverse", "--optimizer.decay_steps", "60", "--model.adaptation_steps", "60"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Digits, white on black; the same digits black on white without labels for training; a run and its bundle."""
    place = tmp_path_factory.mktemp("domains")
    train, test = (open_source("digits", split=split).examples for split in ("train", "test"))
    np.savez(place / "inverted.npz", x_train=255 - train.images[:120], x_test=255 - test.images, y_test=test.labels)
    np.savez(place / "bare.npz", x_train=train.images, x_test=test.images)
    np.savez(place / "large.npz", x_train=np.zeros((90, 10, 12, 3), np.uint8))
    zeros = np.zeros((90, 8, 8, 1), np.uint8)
    np.savez(place / "odd.npz", x_train=zeros, x_test=zeros, y_test=np.full(90, 10))
    assert main([str(word) for word in command(place, place / "run", "--validation", "true")]) == 0
    assert main(["export", str(place / "run"), "--out", str(place / "bundle")]) == 0
    for index in range(3):
        write_png(place / "in" / f"{index}.png", 255 - test.images[index])
    return place


def command(place, out, *words):
    data = ["--data", "digits", "--target", f"npz:{place / 'inverted.npz'}"]
    return ["train", "dann", *data, "--out", out, *SMALL, *OPTIMIZER, *words]


def test_a_run_reports_both_domains(place):
    with (place / "run" / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    trained = {"label_loss", "accuracy", "domain_loss", "domain_accuracy", "loss"}
    assert set(rows[0]) == {"epoch", *trained, "val_label_loss", "val_accuracy"}
    model = keras.saving.load_model(place / "run" / "model.keras")
    assert (model.classes, int(model.noise.step)) == (tuple("0123456789"), 60)
    test = np.load(place / "inverted.npz")
    images = test["x_test"].astype(np.float32) / 127.5 - 1
    found = model.predict(images, verbose=0).argmax(axis=1)
    assert float(rows[-1]["val_accuracy"]) == pytest.approx((found == test["y_test"]).mean(), abs=1e-6)


def test_a_continued_run_ends_where_an_unbroken_one_does(place, run, tmp_path):
    for epochs in (1, 2):
        assert run(*command(place, tmp_path / "run", "--validation", "true", "--epochs", epochs))[0] == 0
    assert (tmp_path / "run" / "metrics.csv").read_text() == (place / "run" / "metrics.csv").read_text()
    first, second = (keras.saving.load_model(path / "run" / "model.keras") for path in (tmp_path, place))
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_runs_and_bundles_are_measured_alike(place, run):
    found = {}
    for name in ("run", "bundle"):
        code, out, _ = run("evaluate", place / name, "--data", "digits")
        assert code == 0
        figures = json.loads((place / name / "evaluation.json").read_text())
        found[name] = {figure["name"]: figure["value"] for figure in figures}
        assert all(metric in out for metric in found[name])
    shared = {"accuracy", "linear_probe", "few_labels_codes", "few_labels_pixels"}
    assert set(found["bundle"]) == shared
    assert set(found["run"]) == {*shared, "label_loss"}
    assert found["bundle"]["accuracy"] == pytest.approx(found["run"]["accuracy"], abs=0.01)


def test_pictures_are_classified(place, run):
    sampler = serving.load(place / "bundle")
    code, out, err = run("classify", place / "bundle", place / "in")
    assert (code, err) == (0, "")
    digits = 255 - open_source("digits", split="test").examples.images[:3]
    for index, line in enumerate(out.splitlines()):
        file, name, probability = line.split("\t")
        row = sampler.classify(digits[index : index + 1])[0]
        assert file == str(place / "in" / f"{index}.png")
        assert name == str(row.argmax())
        assert float(probability) == pytest.approx(row.max(), abs=1e-4)
    assert len(out.splitlines()) == 3


def test_the_accuracy_on_a_data_set_is_that_of_its_labels(place, run):
    sampler, test = serving.load(place / "bundle"), np.load(place / "inverted.npz")
    accuracy = (sampler.classify(test["x_test"]).argmax(axis=1) == test["y_test"]).mean()
    source = f"npz:{place / 'inverted.npz'}"
    code, out, _ = run("classify", place / "bundle", "--data", source)
    assert (code, out) == (0, f"accuracy {accuracy:.4f} of 297 pictures: {source} (test)\n")


def test_what_a_bundle_knows_is_said(place, run):
    code, out, _ = run("info", place / "bundle")
    assert code == 0
    assert "classes   0, 1, 2, 3, 4, 5, 6, 7, 8, 9" in out
    assert "classifier.onnx" in out
    assert "probabilities float32[n, 10]" in out


def test_codes_are_the_features(place, run, tmp_path):
    words = ["features", place / "bundle", "--data", "digits", "--split", "test", "--out", tmp_path / "x.npy"]
    assert run(*words)[0] == 0
    model = keras.saving.load_model(place / "run" / "model.keras")
    images = open_source("digits", split="test").examples.images.astype(np.float32) / 127.5 - 1
    np.testing.assert_allclose(np.load(tmp_path / "x.npy"), model.feature_extractor(images), atol=1e-4)


def test_the_grid_shows_pictures_of_the_target(place):
    model = keras.saving.load_model(place / "run" / "model.keras")
    images = np.load(place / "inverted.npz")["x_train"][:64].astype(np.float32) / 127.5 - 1
    shown = model.preview(images, seed=3)
    labels = model.predict(shown, verbose=0).argmax(axis=1)
    np.testing.assert_array_equal(labels, np.sort(labels))
    np.testing.assert_array_equal(
        np.sort(to_uint8(shown).sum(axis=(1, 2, 3))), np.sort(to_uint8(images).sum((1, 2, 3)))
    )


TRAIN = ["train", "dann", "--data", "digits", "--out", "r", *SMALL]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (TRAIN, "--target must be given for 'dann'"),
        (
            ["train", "semi_supervised_aae", *TRAIN[2:6]],
            "--target must be given for 'semi_supervised_aae', which learns",
        ),
        (["train", "vae", "--data", "digits", "--target", "digits", "--out", "r"], "must be left out for 'vae'"),
        (["train", "dann", "--data", "npz:{bare}", "--target", "digits", "--out", "r"], "must have labels for 'dann'"),
        (["train", "dann", "--data", "digits", "--target", "digits", "--out", "r"], "pictures of 8x8; choose another"),
        ([*TRAIN, "--target", "npz:nowhere"], "npz:nowhere must be"),
        ([*TRAIN, "--target", "npz:{large}"], "bring both to it. Received: 8x8x1 (digits) and 12x10x3 (npz:"),
        ([*TRAIN, "--target", "npz:{inverted}", "--batch_size", "121"], "at most the 120 pictures of npz:"),
        ([*TRAIN, "--target", "npz:{bare}", "--validation", "true"], "must have labels. Received: pictures alone."),
        (
            [*TRAIN, "--target", "npz:{odd}", "--validation", "true"],
            "7, 8, 9. Received: '10'.",
        ),
        ([*TRAIN, "--target", "digits", "--optimizer.schedule", "inverse"], "must be given for the schedule 'inverse'"),
        (
            [*TRAIN, "--target", "digits", "--optimizer.schedule", "inverted"],
            "inverse or null. Received: inverted. Did",
        ),
        (["classify", "{bundle}"], "must be given pictures or --data. Received: only the bundle."),
        (["classify", "{bundle}", "{pictures}", "--data", "digits"], "Received: pictures and --data."),
        (["classify", "{bundle}", "nowhere.png"], "nowhere.png must be a picture"),
        (["classify", "{bundle}", "--data", "npz:{bare}"], "must have labels. Received: pictures alone."),
        (
            ["classify", "{bundle}", "--data", "npz:{odd}"],
            "7, 8, 9. Received: '10'.",
        ),
        (
            ["classify", "{bundle}", "--data", "npz:{large}", "--split", "train"],
            "must be 8x8x1, which the bundle takes",
        ),
        (["classify", "{vae}", "{pictures}"], "must have a classifier. Received: a bundle without a classifier."),
        (["sample", "{bundle}", "--out", "s.png"], "must have the network"),
        (["features", "{bundle}", "--data", "digits", "--class", "3", "--out", "x.npy"], "that takes a class"),
        (["reconstruct", "{bundle}", "{pictures}", "--out", "r.png"], "must have a latent space"),
        (["compress", "{bundle}", "{pictures}", "--out", "c.kgc"], "must have a decoder"),
        (["latent", "{bundle}", "--data", "digits", "--out", "l.png"], "must have a latent space"),
        (["evaluate", "{run}", "--data", "digits", "--metrics", "parzen"], "must be able to draw samples"),
        (["evaluate", "{run}", "--data", "npz:{bare}"], "must have labels, which the model sees"),
    ],
)
def test_mistakes_are_one_line(refused, place, vae_bundle, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    names = {name: place / f"{name}.npz" for name in ("bare", "inverted", "large", "odd")}
    names |= {"bundle": place / "bundle", "run": place / "run", "pictures": place / "in", "vae": vae_bundle}
    # Options may hold braces of their own.
    filled = [word if word == NETWORK else word.format(**names) for word in words]
    assert message in refused(*filled)
    assert list(tmp_path.iterdir()) == []


def test_classifying_does_not_load_tensorflow(place):
    program = (
        "import shlex, sys; from keras_gen.cli import main\n"
        "for line in sys.argv[1:]:\n"
        "    assert main(shlex.split(line)) == 0, line\n"
        "    print({'tensorflow', 'keras'} & set(sys.modules))"
    )
    taken = (place / "in", "--data digits")
    lines = [f"classify {place / 'bundle'} {pictures} --provider cpu" for pictures in taken]
    result = subprocess.run([sys.executable, "-c", program, *lines], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines().count("set()") == 2
