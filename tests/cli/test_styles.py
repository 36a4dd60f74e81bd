"""A bundle whose latent is a style, from its export to the commands that work in it."""

from __future__ import annotations

import numpy as np
import pytest

import serving
from keras_gen.cli.main import main
from serving.common.images import to_float
from tests.models.test_styles import NOISE, STYLE, built

IN_STYLES = ["--space", "w", "--layer-noise", "drawn"]


@pytest.fixture
def model():
    model = built()
    model.use_space("w", "drawn")
    return model


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with `model.keras` and `bundle`."""
    folder = tmp_path_factory.mktemp("styles")
    model = built()
    model.compile()
    model.save(folder / "model.keras")
    assert main(["export", str(folder / "model.keras"), *IN_STYLES, "--out", str(folder / "bundle")]) == 0
    return folder


def test_a_seed_is_the_same_picture_in_the_model_and_in_the_bundle_however_many(model, place):
    sampler = serving.load(place / "bundle")
    pictures = sampler.sample(7, seed=5)
    assert (sampler.latent.size, sampler.latent.prior, sampler.latent.noise) == (STYLE + NOISE, "mapped", NOISE)
    assert np.abs(to_float(pictures) - model.sample(7, 5)).max() <= 1.01 / 127.5
    np.testing.assert_array_equal(sampler.sample(3, seed=5), pictures[:3])
    np.testing.assert_array_equal(sampler.decode(sampler.latents(4, 5, start=3)), pictures[3:])


def test_truncation_goes_through_the_bundle(model, place):
    sampler = serving.load(place / "bundle")
    received = sampler.latents(5, 3, truncation=0.5)
    np.testing.assert_allclose(received, model.prior_latents(5, 3, truncation=0.5), atol=1e-4)
    np.testing.assert_array_equal(received[:, STYLE:], sampler.latents(5, 3)[:, STYLE:])


def test_the_commands_work_in_the_space_of_styles(place, run, refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bundle = place / "bundle"
    words = ["--count", 2, "--out", "d.npy"]
    assert run("directions", place / "model.keras", *words)[:2] == (0, "2 directions of 6 numbers: d.npy\n")
    assert "2 pictures" in run("sample", bundle, "-n", 2, "--truncation", "0.7", "--out", "s.png")[1]
    out = ["--out", "t.png"]
    assert "6 pictures" in run("traverse", bundle, "--directions", "d.npy", "--steps", 3, *out)[1]
    assert "12 pictures" in run("traverse", bundle, "--steps", 2, *out)[1]
    assert "5 pictures" in run("interpolate", bundle, "--seeds", "[1, 2]", "--steps", 5, *out)[1]
    assert run("sample", bundle, "-n", 2, "--out", "pictures")[0] == 0
    assert run("invert", bundle, "pictures", "--steps", 2, "--restarts", 1, "--latents", "w.npy", *out)[0] == 0
    assert np.load("w.npy").shape == (2, STYLE + NOISE)
    moved = ["--positive-latents", "w.npy", "--negative-latents", "w.npy", "--strengths", "[0, 1]", *out]
    assert "4 pictures" in run("attribute", bundle, "--latents", "w.npy", *moved)[1]
    assert "Received: neither." in refused("attribute", bundle, *moved)
    assert "Received: both." in refused("traverse", bundle, "--directions", "d.npy", "--dimensions", "[0]", *out)
    np.save("short.npy", np.zeros((1, 5)))
    assert "short.npy must hold floats (n, 6)" in refused("traverse", bundle, "--directions", "short.npy", *out)
