"""`keras-gen fit-prior` and what finds the prior in the run."""

from __future__ import annotations

import shutil

import pytest

import serving
from keras_gen.training.run_directory import RunDirectory

TRAIN = ["--data", "digits", "--image-size", "8", "--epochs", "1", "--batch-size", "500"]
MLP = "{name: mlp, units: [8]}"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    from keras_gen.cli import main

    folder = tmp_path_factory.mktemp("runs")
    coder = ["--model.latent-dim", "3", "--model.encoder", MLP, "--model.decoder", MLP]
    gan = ["--model.generator", MLP, "--model.discriminator", MLP]
    for name, words in {"autoencoder": coder, "gan": gan}.items():
        assert main(["train", name, *TRAIN, *words, "--out", str(folder / name)]) == 0
    return folder


def test_a_run_with_a_prior_is_evaluated_exported_and_sampled(runs, run, tmp_path):
    place = tmp_path / "run"
    shutil.copytree(runs / "autoencoder", place)
    code, out, _ = run("fit-prior", place, "--prior", "mixture", "--components", "3", "--count", "200")
    assert code == 0
    assert out == f"prior: {place / 'prior.keras'} (mixture, of 200 codes of 3 numbers)\n"
    assert RunDirectory(place).load_model().spec.prior == "fitted"
    evaluate = ["--data", "digits", "--count", "50", "--drawn", "50", "--metrics", "parzen"]
    code, out, _ = run("evaluate", place, *evaluate)
    assert code == 0
    assert "parzen" in out
    assert "aggregate_mmd" in out
    assert run("export", place, "--out", tmp_path / "bundle")[0] == 0
    assert "sample" in serving.load(tmp_path / "bundle").abilities
    assert (tmp_path / "bundle" / "evaluation.json").is_file()
    # Fitted again, the figures are of another prior.
    assert run("fit-prior", place, "--prior", "gaussian", "--count", "200")[0] == 0
    assert run("export", place, "--out", tmp_path / "bundle")[0] == 0
    assert not (tmp_path / "bundle" / "evaluation.json").exists()


def test_mistakes_are_one_line(runs, refused, vae_bundle, tmp_path):
    place = tmp_path / "run"
    shutil.copytree(runs / "autoencoder", place)
    assert "must have codes, an encoder and a decoder. Received: GAN." in refused(
        "fit-prior", runs / "gan", "--prior", "gaussian"
    )
    assert "must be a run directory, which is then exported. Received: a bundle." in refused(
        "fit-prior", vae_bundle, "--prior", "gaussian"
    )
    assert "Received: a file." in refused("fit-prior", place / "model.keras", "--prior", "gaussian")
    assert "--prior must be one of gaussian, mixture, two_stage, flow. Received: normal." in refused(
        "fit-prior", place, "--prior", "normal"
    )
    assert "`components` must be at least 1" in refused("fit-prior", place, "--prior", "mixture", "--components", "0")
    for name in ("prior.keras", "prior.json"):
        (place / name).write_text("{}")
    assert "must be as `keras-gen fit-prior` wrote it" in refused("export", place, "--out", tmp_path / "bundle")
