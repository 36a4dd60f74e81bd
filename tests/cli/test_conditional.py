"""Models that know classes, from training to every command that takes one."""

from __future__ import annotations

import json

import numpy as np
import pytest

import serving
from keras_gen.cli import main
from keras_gen.data import open_source
from keras_gen.metrics import cached_classifier
from serving.common.images import grid, read_image, write_png

SMALL = ["--epochs", "2", "--image_size", "8", "--model.latent_dim", "4"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Runs and bundles of a conditional VAE, and of an AAE whose prior knows classes."""
    place = tmp_path_factory.mktemp("conditional")
    for name, options in {
        "conditional_vae": ["--validation", "true"],
        "aae": ["--model.prior", "mixture", "--model.condition", "prior"],
    }.items():
        run = str(place / "runs" / name)
        assert main(["train", name, "--data", "digits", "--out", run, *SMALL, *options]) == 0
        assert main(["export", run, "--out", str(place / name)]) == 0
    digits = open_source("digits", 8, split="test").examples
    for index in range(3):
        write_png(place / "in" / f"{digits.labels[index]}_{index}.png", digits.images[index])
    return place


def test_the_data_names_the_classes(place):
    for name in ("conditional_vae", "aae"):
        assert serving.load(place / name).manifest.classes == tuple("0123456789")


@pytest.mark.parametrize("name", ["conditional_vae", "aae"])
def test_samples_are_of_one_class_after_the_other_or_of_the_one_asked_for(run, place, name, tmp_path):
    sampler = serving.load(place / name)
    for chosen, labels, columns in (([], None, 10), (["--class", "3"], np.full(20, 3), 5)):
        words = ["sample", place / name, "-n", "20", "--seed", 2, *chosen, "--out", tmp_path / "s.png"]
        assert run(*words)[0] == 0
        expected = grid(sampler.sample(20, seed=2, labels=labels), columns)
        np.testing.assert_array_equal(read_image(tmp_path / "s.png"), expected)


def test_plain_onnxruntime_draws_a_class(place):
    import onnxruntime

    session = onnxruntime.InferenceSession(place / "aae" / "sampler.onnx", providers=["CPUExecutionProvider"])
    feed = {"seed": np.array(4), "n": np.array(3), "label": np.array([7, 7, 1])}
    expected = serving.load(place / "aae").sample(3, seed=4, labels=feed["label"])
    np.testing.assert_array_equal(session.run(["image"], feed)[0], expected)


def test_the_cards_program_draws_one_class_after_the_other(place, monkeypatch):
    text = (place / "conditional_vae" / "README.md").read_text()
    assert "Classes, in the order of their labels: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9." in text
    monkeypatch.chdir(place / "conditional_vae")
    names: dict = {}
    exec(text.split("```python\n")[1].split("```")[0], names)
    np.testing.assert_array_equal(names["pictures"], serving.load(".").sample(64, seed=7))


def test_codes_of_an_encoder_that_sees_classes(run, place, tmp_path):
    bundle = place / "conditional_vae"
    sampler, digits = serving.load(bundle), open_source("digits", 8, split="test").examples
    words = ["features", bundle, "--data", "digits", "--split", "test", "--resize", "--out", tmp_path / "x.npy"]
    assert run(*words)[0] == 0
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), sampler.encode(digits.images, labels=digits.labels))
    words = ["encode", bundle, place / "in", "--class", "2", "--out", tmp_path / "c.npy"]
    assert run(*words)[0] == 0
    files = np.stack([read_image(file) for file in sorted((place / "in").iterdir())])
    np.testing.assert_array_equal(np.load(tmp_path / "c.npy"), sampler.encode(files, labels=np.full(3, 2)))


def test_a_file_of_codes_remembers_the_class(run, place, tmp_path):
    bundle = place / "conditional_vae"
    assert run("compress", bundle, place / "in", "--class", "5", "--out", tmp_path / "c.kgc")[0] == 0
    assert run("decompress", bundle, tmp_path / "c.kgc", "--out", tmp_path / "back")[0] == 0
    sampler = serving.load(bundle).of_class(5)
    files = sorted((place / "in").iterdir())
    codes = sampler.encode(np.stack([read_image(file) for file in files]))
    for file, expected in zip(files, sampler.decode(codes).astype(int), strict=True):
        assert np.abs(read_image(tmp_path / "back" / file.name) - expected).max() <= 3


@pytest.mark.parametrize("command", ["manifold", "traverse", "latent"])
def test_looking_at_the_latent_space(run, place, command, tmp_path):
    data = ["--data", "digits", "--resize"] if command == "latent" else []
    for name in ("conditional_vae", "aae"):
        assert run(command, place / name, *data, "--class", "1", "--out", tmp_path / f"{name}.png")[0] == 0


def test_runs_and_bundles_are_measured_with_their_labels(run, place, tmp_path):
    words = ["--data", "digits", "--count", "100", "--samples", "5"]
    for name in ("conditional_vae", "aae"):
        for where in (place / name, place / "runs" / name):
            assert run("evaluate", where, *words)[0] == 0
            found = {figure["name"] for figure in json.loads((where / "evaluation.json").read_text())}
            assert "reconstruction_psnr" in found
            # A code that was made from the label says nothing about what the code holds of it.
            assert ("linear_probe" in found) == (name == "aae")
            assert ("nll" in found) == (where == place / "runs" / "conditional_vae")


def test_samples_are_read_as_the_class_they_were_drawn_of(run, place, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_GEN_CACHE", str(tmp_path / "kept"))
    monkeypatch.setattr("keras_gen.metrics.classifier.LEAST_STEPS", 200)
    words = ["--data", "digits", "--metrics", "classes", "--drawn", "300", "--seed", "1"]
    for name in ("conditional_vae", "aae"):
        found = []
        for where in (place / name, place / "runs" / name):
            assert run("evaluate", where, *words)[0] == 0
            (figure,) = (
                f for f in json.loads((where / "evaluation.json").read_text()) if f["name"] == "class_accuracy"
            )
            found.append(figure["value"])
            assert figure["settings"]["samples"] == 300
        assert found[0] == pytest.approx(found[1], abs=0.02)  # rounding to grey levels may move a few over the border
    classifier, _ = cached_classifier(*(open_source("digits", 8, split=split) for split in ("train", "test")))
    read = classifier.predict(serving.load(place / "aae").sample(300, seed=1)).argmax(axis=1)
    assert (read == np.arange(300) % 10).mean() == pytest.approx(found[0], abs=0.02)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sample", "{vae}", "--class", "ten", "--out", "s.png"], "the class must be one of 0, 1, 2"),
        (["sample", "{plain}", "--class", "1", "--out", "s.png"], "must be left out for a model that knows none"),
        (["reconstruct", "{vae}", "{pictures}", "--out", "r.png"], "must be given a class"),
        (["train", "conditional_vae", "--data", "npz:{npz}", "--out", "run"], "must have labels for 'conditional_vae'"),
        (["evaluate", "{run}", "--data", "npz:{npz}", "--split", "all"], "must have labels, which the model sees"),
    ],
)
def test_mistakes_are_one_line(refused, place, vae_bundle, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    npz = tmp_path / "bare" / "bare.npz"
    npz.parent.mkdir()
    np.savez(npz, images=np.zeros((9, 8, 8, 1), np.uint8))
    names = {
        "vae": place / "conditional_vae",
        "run": place / "runs" / "conditional_vae",
        "plain": vae_bundle,
        "pictures": place / "in",
        "npz": npz,
    }
    assert message in refused(*(word.format(**names) for word in words))
    assert [path.name for path in tmp_path.iterdir()] == ["bare"]
