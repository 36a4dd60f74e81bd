from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from keras_gen.cli import main
from keras_gen.data import open_source
from keras_gen.metrics import importance_sampled_nll, psnr
from keras_gen.training.run_directory import RunDirectory
from serving import load


@pytest.fixture(scope="module")
def vae_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "vae"
    words = ["train", "vae", "--data", "digits", "--epochs", "2", "--out", str(out), "--model.latent_dim", "4"]
    assert main([*words, "--image_size", "12"]) == 0
    return out


def figures(place):
    return {figure["name"]: figure for figure in json.loads((place / "evaluation.json").read_text())}


def test_a_run_is_measured_by_everything_that_fits_it(vae_run, capsys):
    assert main(["evaluate", str(vae_run), "--data", "digits", "--samples", "20", "--seed", "3"]) == 0
    found = figures(vae_run)
    assert set(found) == {
        *("loss", "elbo", "sampled_elbo", "reconstruction", "kl"),
        *("nll", "active_units", "reconstruction_psnr", "reconstruction_ssim", "linear_probe"),
    }
    assert {figure["count"] for figure in found.values()} == {297}
    assert {figure["data"] for figure in found.values()} == {"digits (test)"}
    assert found["nll"]["settings"] == {"samples": 20, "seed": 3}
    model = RunDirectory(vae_run).load_model()
    images = open_source("digits", 12, split="test").examples.images.astype(np.float32) / 127.5 - 1
    assert found["nll"]["value"] == pytest.approx(importance_sampled_nll(model, images, 20, 3).mean(), rel=1e-5)
    assert found["reconstruction_psnr"]["value"] == pytest.approx(psnr(model(images).numpy(), images).mean(), rel=1e-4)
    # The bound's meaning: a tighter one is below the negative ELBO; codes of digits are better than a guess.
    assert found["nll"]["value"] < -found["elbo"]["value"]
    assert found["linear_probe"]["value"] > 0.3
    printed = capsys.readouterr().out
    assert all(name in printed for name in found)


def test_a_bundle_is_measured_like_its_run(vae_run, tmp_path):
    bundle = tmp_path / "bundle"
    assert main(["export", str(vae_run), "--out", str(bundle)]) == 0
    for place in (vae_run, bundle):
        assert main(["evaluate", str(place), "--data", "digits", "--samples", "1"]) == 0
    run, exported = figures(vae_run), figures(bundle)
    assert set(exported) == {"reconstruction_psnr", "reconstruction_ssim", "linear_probe"}
    for name, figure in exported.items():
        # Rounding to grey levels moves a pixel by at most half a level.
        assert figure["value"] == pytest.approx(run[name]["value"], rel=0.01)
    assert load(bundle).abilities


def test_fewer_pictures_are_drawn_with_the_seed(vae_run, tmp_path):
    copy = shutil.copytree(vae_run, tmp_path / "copy")
    values = []
    for seed in (1, 1, 2):
        words = ["evaluate", str(copy), "--data", "digits", "--count", "50", "--samples", "2", "--seed", str(seed)]
        assert main(words) == 0
        assert figures(copy)["reconstruction_psnr"]["count"] == 50
        values.append(figures(copy)["reconstruction_psnr"]["value"])
    assert values[0] == values[1] != values[2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{run}", "--data", "digit"], "Did you mean 'digits'?"),
        (["{run}", "--data", "digits", "--split", "tset"], "Did you mean 'test'?"),
        (["{run}", "--data", "digits", "--count", "0"], "`count` must be at least 1"),
        (["{run}", "--data", "digits", "--seed", "-1"], "`seed` must be at least 0"),
        (["nowhere", "--data", "digits"], "nowhere must be a run"),
    ],
)
def test_mistakes_are_one_line(vae_run, capfd, words, message):
    assert main(["evaluate", *(word.format(run=vae_run) for word in words)]) == 2
    err = capfd.readouterr().err
    assert message in err
    assert len(err.splitlines()) == 1
