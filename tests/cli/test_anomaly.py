"""`keras-gen anomaly`, and the data of one class that a model for it is trained on."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from keras_gen.data import open_source
from serving.common.images import read_image

DATA = ["--data", "digits", "--resize"]


@pytest.mark.parametrize("score", ["reconstruction", "likelihood", "latent"])
def test_scores_threshold_and_auroc(score, vae_bundle, files, run, tmp_path):
    code, out, _ = run(
        *("anomaly", vae_bundle, *files[1], *DATA, "--score", score, "--false-alarms", "0.05"),
        *("--out", tmp_path / "s.csv", "--labelled", "digits", "--usual", "3"),
    )
    assert code == 0
    with (tmp_path / "s.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["unusual"] for row in rows] == [str(float(row["score"]) > float(row["threshold"])) for row in rows]
    assert f"{sum(row['unusual'] == 'True' for row in rows)} of {len(rows)} pictures are unusual" in out
    assert "AUROC: 0." in out
    # The labelled pictures are those that set the threshold, or twice those.
    alarms = float(out.rsplit("false alarms: ")[1].rstrip("%\n"))
    assert alarms < 30


def test_heat_maps_and_json(vae_bundle, files, run, tmp_path):
    out = tmp_path / "s.json"
    assert run("anomaly", vae_bundle, *files[1], *DATA, "--maps", tmp_path / "maps", "--out", out)[0] == 0
    rows = json.loads(out.read_text())
    maps = sorted((tmp_path / "maps").glob("*.png"))
    assert len(maps) == len(rows)
    assert read_image(maps[0], channels=3).shape == (8, 24, 3)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "pictures or --labelled must say what to score. Received: neither."),
        (["x.png", "--score", "depth"], "reconstruction, likelihood, latent"),
        (["x.png", "--labelled", "digits"], "--labelled and --usual must be given together. Received: digits, None."),
        (["x.png", "--out", "x.txt"], "--out must end in .csv or .json. Received: x.txt."),
        (["--labelled", "digits", "--usual", "3", "--maps", "x"], "--maps must be left out without pictures"),
        (["x.png", "--false-alarms", "0.0001"], "must have at least 9999 usual pictures"),
        (["x.png", "--false-alarms", "2"], "above 0 and below 1"),
    ],
)
def test_mistakes_are_one_line(vae_bundle, refused, words, message):
    assert message in refused("anomaly", vae_bundle, *words, *DATA)


def test_a_bundle_without_a_likelihood_has_other_scores(altered_bundle, files, refused):
    bundle = altered_bundle(lambda manifest: manifest.update(likelihood=None))
    assert "must state the likelihood" in refused("anomaly", bundle, *files[1], *DATA, "--score", "likelihood")


def test_one_class_of_a_source():
    every, threes = open_source("digits"), open_source("only:3:digits")
    expected = every.examples.images[every.examples.labels == every.classes.index("3")]
    np.testing.assert_array_equal(threes.examples.images, expected)
    assert threes.examples.labels is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("only:ten:digits", "only:ten:digits must name a class of digits: 0, 1, 2"),
        ("only:digits", "the data source must be only:CLASS:SOURCE. Received: nothing after 'digits'."),
        ("only:3:nowhere", "Received: 'nowhere'"),
    ],
)
def test_a_class_that_is_not_there_is_named(refused, tmp_path, name, message):
    assert message in refused("data", name, "--out", tmp_path / "x.png")
