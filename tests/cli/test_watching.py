"""What `keras-gen train` says and keeps besides the losses."""

from __future__ import annotations

import csv
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.data import open_source

GAN = ["gan", "--data", "digits", "--batch_size", 500, "--model.generator", "mlp", "--model.discriminator", "mlp"]


@pytest.fixture
def quick_classifier(tmp_path, monkeypatch):
    """A classifier of few steps, kept for the test."""
    monkeypatch.setenv("KERAS_GEN_CACHE", str(tmp_path / "kept"))
    monkeypatch.setattr("keras_gen.metrics.classifier.LEAST_STEPS", 60)


def rows_of(place):
    with (place / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_adversarial_training_is_watched(run, tmp_path):
    code, out, err = run("train", *GAN, "--epochs", 1, "--out", tmp_path / "gan")
    assert (code, err) == (0, "")
    # What a generator draws that has learned nothing yet is all alike.
    assert "alarm after epoch 1: sample_diversity is 0." in out
    (row,) = rows_of(tmp_path / "gan")
    model = keras.saving.load_model(tmp_path / "gan" / "model.keras")
    samples = model.sample(256, 0).reshape(256, -1).astype(np.float64)
    data = open_source("digits").draw(256, 0).examples.images.reshape(256, -1) / 127.5 - 1.0
    expected, of_data = (
        np.sqrt(np.square(x[:, None] - x).mean(axis=2))[~np.eye(256, dtype=bool)].mean() for x in (samples, data)
    )
    assert float(row["sample_diversity"]) == pytest.approx(expected / of_data, rel=1e-5)
    (file,) = (tmp_path / "gan" / "tensorboard" / "train").glob("events*")
    records = tf.data.TFRecordDataset(str(file)).as_numpy_iterator()
    tags = {value.tag for record in records for value in tf.compat.v1.Event.FromString(record).summary.value}
    assert {"sample_broken", "sample_diversity", "sample_duplicates"} <= tags


def test_other_training_is_watched_if_asked(run, tmp_path):
    tiny = ["--model.encoder", "mlp", "--model.decoder", "mlp", "--batch_size", 500, "--epochs", 1, "--data", "digits"]
    assert run("train", "vae", *tiny, "--out", tmp_path / "a")[0] == 0
    assert run("train", "vae", *tiny, "--out", tmp_path / "b", "--alarms", "true")[0] == 0
    assert run("train", *GAN, "--epochs", 1, "--out", tmp_path / "c", "--alarms", "false")[0] == 0
    watched = [any(name.startswith("sample_d") for name in rows_of(tmp_path / place)[0]) for place in "abc"]
    assert watched == [False, True, False]


def test_modes_and_distance_are_measured_and_choose_the_best_model(run, tmp_path, quick_classifier):
    out = tmp_path / "gan"
    words = ["--out", out, "--watch_modes", "true", "--frechet_every", 2, "--frechet_samples", 200]
    words += ["--best", "frechet_distance"]
    code, printed, _ = run("train", *GAN, "--epochs", 3, *words)
    assert code == 0
    assert printed.count("classifier of digits: accuracy 0.") == 1
    rows = rows_of(out)
    distances = {int(row["epoch"]): float(row["frechet_distance"]) for row in rows if row["frechet_distance"]}
    assert set(distances) == {2, 3}
    assert all(0.0 < float(row["sample_modes"]) <= 1.0 for row in rows)
    best = min(distances, key=distances.get)
    kept = json.loads((out / "best.json").read_text())
    assert (kept["epoch"], kept["value"]) == (best, pytest.approx(distances[best]))
    assert int(keras.saving.load_model(out / "best.keras").noise.step) == 3 * best

    # A run may be continued with another view of it, and the file of its best model used like the run.
    code, printed, _ = run("train", *GAN, "--epochs", 4, "--out", out, "--best", "generator_loss")
    assert (code, "resuming after epoch 3 of 4" in printed) == (0, True)
    assert json.loads((out / "best.json").read_text())["figure"] == "generator_loss"
    assert run("export", out / "best.keras", "--out", tmp_path / "bundle")[0] == 0
    code, printed, _ = run("evaluate", out / "best.keras", "--data", "digits")
    assert code == 0
    assert f"figures: {out / 'best_evaluation.json'}" in printed
    assert json.loads((out / "best_evaluation.json").read_text())


def test_the_distance_of_translations_chooses_the_best_model_and_is_that_of_evaluate(run, tmp_path, quick_classifier):
    out, network = tmp_path / "run", "{name: resnet, filters: 2, blocks: 1}"
    words = ["--data", "textured:digits", "--image-size", 8, "--batch-size", 300, "--model.generator", network]
    words += ["--model.discriminator", "{name: patchgan, receptive_field: 1, filters: 2}", "--best", "frechet_distance"]
    words += ["--frechet-every", 1, "--frechet-samples", 200, "--epochs", 2, "--out", out]
    code, printed, _ = run("train", "cut", *words)
    assert (code, printed.count("classifier of textured:digits (B): accuracy 0.")) == (0, 1)
    distances = [float(row["frechet_distance"]) for row in rows_of(out)]
    kept = json.loads((out / "best.json").read_text())
    assert kept["value"] == pytest.approx(min(distances), rel=1e-6)
    assert kept["epoch"] == 1 + int(np.argmin(distances))

    measured = ["--metrics", "frechet", "--against", "train", "--count", 200]
    assert run("evaluate", out / "best.keras", "--data", "textured:digits", *measured)[0] == 0
    (figure,) = (row for row in json.loads((out / "best_evaluation.json").read_text()) if "frechet" in row["name"])
    assert figure["value"] == pytest.approx(kept["value"], rel=1e-3)


def test_a_run_that_nothing_made_better_ends_and_stays_ended(run, tmp_path):
    out = tmp_path / "run"
    words = [
        "train",
        "vae",
        "--data",
        "digits",
        "--batch_size",
        500,
        "--model.encoder",
        "mlp",
        "--model.decoder",
        "mlp",
    ]
    words += ["--optimizer.name", "sgd", "--optimizer.learning_rate", "1e-12", "--out", out, "--best", "kl"]
    words += ["--best_mode", "max", "--epochs", 30]
    assert run(*words, "--patience", 2)[0] == 0
    epochs = len(rows_of(out))
    kept = json.loads((out / "best.json").read_text())
    assert kept["epoch"] + 2 == epochs < 30
    assert (out / "model.keras").exists()
    code, printed, _ = run(*words, "--patience", 2)
    assert (code, len(rows_of(out))) == (0, epochs)
    assert f"already trained for {epochs} epochs" in printed
    assert run(*words, "--patience", 3)[0] == 0
    assert len(rows_of(out)) > epochs


def test_patience_without_a_figure_is_named(refused, tmp_path):
    line = refused("train", *GAN, "--epochs", 1, "--out", tmp_path / "run", "--patience", 3)
    assert "--patience must come with --best" in line


def test_a_labelled_model_is_asked_for_classes(run, tmp_path, quick_classifier):
    words = ["conditional_vae", "--data", "digits", "--epochs", 1, "--batch_size", 500, "--out", tmp_path / "cvae"]
    assert run("train", *words, "--model.encoder", "mlp", "--model.decoder", "mlp", "--watch_modes", "true")[0] == 0
    assert 0 <= float(rows_of(tmp_path / "cvae")[0]["sample_agreement"]) <= 1


def test_what_cannot_be_watched_is_refused_before_anything_is_written(refused, tmp_path):
    pictures = tmp_path / "unlabelled.npz"
    np.savez(pictures, x=np.zeros((200, 8, 8), np.uint8))
    coder = ["autoencoder", "--data", "digits"]
    cut = ["cut", "--data", "textured:digits", "--image-size", 8, "--frechet-samples", 128]
    unlabelled = [*GAN[:2], f"npz:{pictures}", *GAN[3:]]
    unlabelled[unlabelled.index(500)] = 100
    cases = [
        ([*GAN, "--best", "generator_los"], "Did you mean 'generator_loss'?"),
        ([*GAN, "--best", "val_generator_loss"], "`best` must be one of generator_loss"),
        ([*GAN, "--best", "frechet_distance"], "Received: 'frechet_distance'."),
        ([*GAN, "--best_mode", "least"], "--best-mode must be one of min, max. Received: least."),
        ([*GAN, "--frechet_every", 0], "`frechet_every` must be at least 1. Received: 0."),
        ([*GAN, "--frechet_every", 1, "--frechet_samples", 128], "Received: 128 and 1500."),
        ([*coder, "--alarms", "true"], "--alarms must be asked of a model that draws samples. Received: Autoencoder."),
        ([*coder, "--frechet_every", 1], "--frechet-every must be asked"),
        ([*cut, "--frechet_every", 1], "so must be the pictures of textured:digits (A) (test). Received: 128 and 128."),
        ([*unlabelled, "--watch_modes", "true"], "must have labels"),
    ]
    for words, message in cases:
        assert message in refused("train", *words, "--epochs", 1, "--out", tmp_path / "run")
        assert not (tmp_path / "run").exists()
