"""The adversarial family from the command line, and what it refuses there."""

from __future__ import annotations

import csv

import numpy as np
import pytest

import serving
from keras_gen.cli import main

QUICK = ["--data", "digits", "--image_size", "8", "--epochs", "1", "--model.latent_dim", "4", "--alarms", "false"]
NETWORK = "{name: dcgan, filters: 4, batch_normalization: false}"
MODELS = {
    "gan": ["--model.loss", "hinge", "--model.penalties", "r1:10", "--model.augmentation", "[translation]"],
    "conditional_gan": ["--model.condition", "auxiliary", "--model.loss", "relativistic"],
    "bigan": ["--model.loss", "least_squares", "--model.label_smoothing", "0.1"],
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A run and a bundle of each model."""
    place = tmp_path_factory.mktemp("adversarial")
    for name, options in MODELS.items():
        words = [*QUICK, "--model.discriminator", NETWORK, *options]
        assert main(["train", name, *words, "--out", str(place / "runs" / name)]) == 0
        assert main(["export", str(place / "runs" / name), "--out", str(place / name)]) == 0
    return place


@pytest.mark.parametrize(
    ("name", "abilities"),
    [("gan", "sample decode"), ("conditional_gan", "sample decode"), ("bigan", "sample decode encode")],
)
def test_bundles_do_what_their_models_can(place, name, abilities):
    sampler = serving.load(place / name)
    assert sampler.abilities == tuple(abilities.split())
    assert sampler.sample(3, seed=5).shape == (3, 8, 8, 1)


def test_a_run_reports_its_players(place):
    with (place / "runs" / "conditional_gan" / "metrics.csv").open() as file:
        (row,) = csv.DictReader(file)
    reported = {"generator_loss", "discriminator_loss", "discriminator_accuracy", "class_loss"}
    assert reported <= set(row)
    assert all(np.isfinite(float(row[name])) for name in reported)


def test_an_encoder_that_was_learned_beside_the_generator_reconstructs(place, run, tmp_path):
    assert run("sample", place / "bigan", "-n", 2, "--out", tmp_path / "s")[0] == 0
    assert run("reconstruct", place / "bigan", tmp_path / "s", "--out", tmp_path / "r.png")[0] == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["gan", "--model.loss", "hing"],
            "one of minimax, non_saturating, least_squares, hinge, wasserstein, relativistic",
        ),
        (["gan", "--model.penalties", "r9:1"], "one of r1, r2, gp, dragan. Received: 'r9'"),
        (["gan", "--model.penalties", "r1"], "must be like r1:10"),
        (["gan", "--model.generator", "dcgann"], "Did you mean 'dcgan'?"),
        (
            ["gan", "--model.loss", "wasserstein", "--model.label_smoothing", "0.1"],
            "Received: 0.1 with loss='wasserstein'",
        ),
        (["gan", "--model.augmentation", "[colour]"], "color"),
        (["gan", "--target", "digits"], "--target must be left out for 'gan'"),
        (["bigan", "--model.balance", "2"], "`balance` must be at least 0.5"),
        (["conditional_gan", "--model.condition", "projektion"], "projection"),
        (["biggan", "--model.generator", "dcgan"], "`conditional_generator` must be one of biggan. Received: 'dcgan'"),
        (["gan", "--generator_optimizer.name", "adamw"], "adam, rmsprop, sgd"),
    ],
)
def test_what_does_not_exist_or_go_together_is_one_line(refused, tmp_path, words, message):
    name, *options = words
    line = refused("train", name, *QUICK, *options, "--out", tmp_path / "run")
    assert message in line
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["conditional_gan", "biggan"])
def test_pictures_without_labels_are_not_for_a_model_that_sees_classes(refused, tmp_path, name):
    np.savez(tmp_path / "x.npz", images=np.zeros((80, 8, 8, 1), np.uint8))
    line = refused("train", name, "--data", f"npz:{tmp_path / 'x.npz'}", "--out", tmp_path / "run")
    assert f"x.npz must have labels for {name!r}, which is told the class. Received: pictures alone." in line


def test_a_size_that_no_halving_reaches_is_named_before_the_first_step(refused, tmp_path):
    line = refused("train", "gan", "--data", "digits", "--image_size", "23", "--out", tmp_path / "run")
    assert "23x23" in line
