"""Models that learn from labels of few pictures and from none, from training to the commands that they have."""

from __future__ import annotations

import csv
import json

import pytest

import serving

NETWORK = "{name: mlp, units: [16]}"
WORDS = [
    *("train", "semi_supervised_aae", "--data", "few:20:digits", "--target", "digits", "--batch-size", "20"),
    *("--epochs", "1", "--validation", "true", "--model.encoder", NETWORK, "--model.decoder", NETWORK),
    *("--model.latent-dim", "3", "--seed", "1"),
]


def test_from_few_labels_to_a_classifier_and_samples_of_a_class(run, tmp_path):
    code, out, err = run(*WORDS, "--out", tmp_path / "run")
    assert code == 0, err
    assert "few:20:digits: 20 pictures with labels, of digits (1500 pictures)" in out
    assert "75 steps an epoch" in out
    with (tmp_path / "run" / "metrics.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert {"reconstruction", "label_loss", "accuracy", "val_accuracy"} <= set(row)
    assert run("export", tmp_path / "run", "--out", tmp_path / "bundle")[0] == 0
    for name in ("run", "bundle"):
        assert run("evaluate", tmp_path / name, "--data", "digits", "--count", 50)[0] == 0
        found = json.loads((tmp_path / name / "evaluation.json").read_text())
        assert "accuracy" in {figure["name"] for figure in found}
    code, out, _ = run("classify", tmp_path / "bundle", "--data", "digits")
    assert (code, out.split()[0]) == (0, "accuracy")
    assert float(out.split()[1]) == pytest.approx(float(row["val_accuracy"]), abs=0.01)
    assert serving.load(tmp_path / "bundle").manifest.classes == tuple("0123456789")
    assert run("sample", tmp_path / "bundle", "--class", "3", "-n", 4, "--out", tmp_path / "threes.png")[0] == 0


def test_no_labels_are_refused_before_the_first_step(refused, tmp_path):
    words = ["few:0:digits" if word == "few:20:digits" else word for word in WORDS]
    assert "at least one of each class (10). Received: 0." in refused(*words, "--out", tmp_path / "run")


def test_a_run_is_measured_by_its_clusters(run, tmp_path):
    words = ["train", "clustering_aae", "--data", "digits", "--epochs", "1", "--model.clusters", "12", "--seed", "1"]
    words += ["--model.latent-dim", "15", "--model.encoder", NETWORK, "--model.decoder", NETWORK]
    code, _, err = run(*words, "--out", tmp_path / "run")
    assert code == 0, err
    assert run("evaluate", tmp_path / "run", "--data", "digits", "--count", 60)[0] == 0
    figures = {figure["name"]: figure for figure in json.loads((tmp_path / "run" / "evaluation.json").read_text())}
    assert 0 < figures["cluster_accuracy"]["value"] <= 1
    assert figures["cluster_accuracy"]["settings"]["clusters"] == 12
