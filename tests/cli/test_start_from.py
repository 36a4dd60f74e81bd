"""`keras-gen train --from` and `--freeze`: where a run begins, and what of it stays."""

from __future__ import annotations

import shutil

import keras
import numpy as np
import pytest
import yaml

from keras_gen.cli import main
from keras_gen.training.layer_names import named_layers

SMALL = ["--data", "digits", "--image-size", "8", "--batch-size", "512", "--no-alarms", "--model.latent-dim", "4"]
NETWORKS = ["--model.generator", "{name: dcgan, filters: 4}", "--model.discriminator", "{name: dcgan, filters: 4}"]
FROZEN = "discriminator/conv2d"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A run `source`, and `whole`, two epochs from there with a frozen layer."""
    place = tmp_path_factory.mktemp("start")
    assert main(["train", "gan", *SMALL, *NETWORKS, "--epochs", "1", "--out", str(place / "source")]) == 0
    assert main(command(place, "whole", 2)) == 0
    return place


def command(place, out, epochs):
    start = ["--from", str(place / "source"), "--freeze", f"{FROZEN}, generator/conv2d_t*"]
    words = ["train", "conditional_gan", *SMALL, *NETWORKS, *start, "--seed", "3"]
    return [*words, "--epochs", str(epochs), "--out", str(place / out)]


def layers(run):
    return named_layers(keras.saving.load_model(run / "model.keras"))


def test_a_run_begins_with_the_weights_of_another_and_says_what_it_did_not_take(place, run, tmp_path):
    code, out, _ = run(*command(place, tmp_path / "begun", 1))
    assert code == 0
    assert f"{place / 'source'}: weights of 4 layers taken, 2 not:\n" in out
    assert "  generator/dense: (4, 64) there, (14, 64) here\n  judge/class_vectors: not there\n" in out
    here, there = layers(tmp_path / "begun"), layers(place / "source")
    for name in (FROZEN, "generator/conv2d_transpose"):
        np.testing.assert_array_equal(here[name].get_weights()[0], there[name].get_weights()[0])


def test_a_resumed_run_ends_where_an_unbroken_one_does_without_what_it_began_with(place, run):
    assert run(*command(place, "broken", 1))[0] == 0
    shutil.move(place / "source", place / "away")
    code, out, _ = run(*command(place, "broken", 2))
    shutil.move(place / "away", place / "source")
    assert (code, "taken" in out) == (0, False)
    for name, layer in layers(place / "whole").items():
        for one, other in zip(layer.get_weights(), layers(place / "broken")[name].get_weights(), strict=True):
            np.testing.assert_array_equal(one, other, err_msg=name)


def test_a_run_remembers_both_and_is_a_recipe_that_begins_alike(place, run, refused, tmp_path):
    config = yaml.safe_load((place / "whole" / "config.yaml").read_text())
    assert config["start_from"] == str(place / "source")
    assert config["freeze"] == f"{FROZEN}, generator/conv2d_t*"
    line = refused(*command(place, "whole", 2), "--freeze", FROZEN)
    assert f"Received: freeze={FROZEN}" in line
    source = config.pop("start_from")
    (tmp_path / "r.yaml").write_text(yaml.safe_dump({**config, "from": source}))
    code, out, _ = run("train", "--recipe", tmp_path / "r.yaml", "--epochs", "1", "--out", tmp_path / "run")
    assert (code, f"{source}: weights of 4 layers" in out) == (0, True)


def test_a_run_of_before_either_was_known_is_resumed(place, run, tmp_path):
    old = shutil.copytree(place / "source", tmp_path / "old")
    config = yaml.safe_load((old / "config.yaml").read_text())
    del config["start_from"], config["freeze"]
    (old / "config.yaml").write_text(yaml.safe_dump(config))
    assert run("train", "gan", *SMALL, *NETWORKS, "--epochs", "2", "--out", old)[0] == 0


def test_a_keras_file_is_begun_with_too(place, run, tmp_path):
    file = place / "source" / "model.keras"
    words = [*SMALL, *NETWORKS, "--epochs", "1", "--from", file, "--out", tmp_path / "run"]
    code, out, _ = run("train", "gan", *words)
    assert (code, f"{file}: weights of 5 layers taken, 0 not\n" in out) == (0, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--from", "nowhere"], "nowhere must be a run with a config.yaml. Received: no such folder."),
        (["--from", "nowhere.keras"], "nowhere.keras must be a .keras file. Received: no such file."),
        (["--from", "other.keras"], "--from must be a model of keras-gen. Received: other.keras, a Sequential."),
        (["--from", "vae.keras"], "must have layers of the model's names and shapes. Received: vae.keras, a VAE"),
        (["--freeze", "discriminator/conv3d"], "Did you mean 'discriminator/conv2d'?"),
        (["--freeze", "generator,"], "Received: ''"),
    ],
)
def test_what_cannot_be_begun_with_or_frozen_is_one_line(small_vae, refused, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    small_vae.save("vae.keras")
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save("other.keras")
    assert message in refused("train", "gan", *SMALL, *NETWORKS, *words, "--out", "run")
    assert not (tmp_path / "run").exists()
