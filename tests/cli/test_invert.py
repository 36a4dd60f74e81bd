"""`keras-gen invert`, and the commands that go on from its latents."""

from __future__ import annotations

import re

import numpy as np
import pytest

import keras_gen
from keras_gen.inversion import invert
from keras_gen.training.run_directory import open_model
from serving import load
from serving.common.images import grid, read_image, to_float, to_uint8
from serving.latents.distortion import psnr
from serving.latents.latent_space import interpolate, traverse


@pytest.fixture
def gan_run(run, tmp_path):
    out = tmp_path / "runs" / "gan"
    words = ["gan", "--data", "digits", "--epochs", 1, "--batch_size", 500, "--model.latent_dim", 3]
    assert run("train", *words, "--model.generator", "mlp", "--model.discriminator", "mlp", "--out", out)[0] == 0
    return out


def pairs(first, second):
    return grid(np.stack([first, second], axis=1).reshape(-1, 8, 8, 1), 2 * len(first))


def test_a_gan_reconstructs_pictures_and_edits_them_by_their_latents(gan_run, files, run, tmp_path):
    pictures, paths = files
    words = ["--out", tmp_path / "i.png", "--latents", tmp_path / "z.npy", "--steps", 20, "--seed", 5, "--restarts", 3]
    code, out, err = run("invert", gan_run, *paths, *words)
    assert (code, err) == (0, "")
    latents = np.load(tmp_path / "z.npy")
    expected = invert(open_model(gan_run), to_float(pictures), steps=20, seed=5, restarts=3)
    np.testing.assert_array_equal(latents, expected.latents)
    decoded = to_uint8(expected.pictures)
    np.testing.assert_array_equal(read_image(tmp_path / "i.png"), pairs(pictures, decoded))
    values = psnr(to_float(decoded), to_float(pictures))
    mean, least, worst = re.search(r"PSNR: (\S+) dB in the mean, least (\S+) dB \((.*)\)", out).groups()
    assert (mean, least) == (f"{values.mean():.2f}", f"{values.min():.2f}")
    assert worst == str(paths[values.argmin()])

    bundle = tmp_path / "bundle"
    assert run("export", gan_run, "--out", bundle)[0] == 0
    sampler = load(bundle)
    given = [bundle, "--latents", tmp_path / "z.npy"]
    assert run("interpolate", *given, "--steps", 4, "--out", tmp_path / "w.png")[0] == 0
    np.testing.assert_array_equal(
        read_image(tmp_path / "w.png"), grid(sampler.decode(interpolate(latents, 4)), columns=3)
    )
    assert run("traverse", *given, "--steps", 3, "--out", tmp_path / "t.png")[0] == 0
    np.testing.assert_array_equal(
        read_image(tmp_path / "t.png"), grid(sampler.decode(traverse(latents[0], range(3), 3)), columns=3)
    )


def test_an_encoder_needs_no_descent(vae_bundle, files, run, sampler, tmp_path):
    pictures, paths = files
    assert run("invert", vae_bundle, *paths, "--out", tmp_path / "i.png", "--latents", tmp_path / "z.npy")[0] == 0
    np.testing.assert_allclose(np.load(tmp_path / "z.npy"), sampler.encode(pictures), atol=1e-5)


def test_a_class_is_named_where_the_decoder_sees_it(files, refused, run, tmp_path):
    _, paths = files
    model = keras_gen.ConditionalVAE((8, 8, 1), ("cat", "dog"), 2, encoder="mlp", decoder="mlp")
    model.compile(optimizer="sgd")
    model.save(tmp_path / "m.keras")
    words = [tmp_path / "m.keras", paths[0], "--out", tmp_path / "i.png"]
    assert run("invert", *words, "--class", "dog")[0] == 0
    assert "--class must say which class to decode, of cat, dog. Received: no --class." in refused("invert", *words)
    assert "the class must be one of cat, dog. Received: 'cow'." in refused("invert", *words, "--class", "cow")


def test_what_cannot_be_inverted_is_one_line(vae_bundle, files, refused, tmp_path):
    _, paths = files
    out = ["--out", tmp_path / "i.png"]
    assert "must end in" not in refused("invert", tmp_path / "nowhere", paths[0], *out)
    assert "--out must be a file that ends in .png" in refused("invert", vae_bundle, paths[0], "--out", "i.jpg")
    assert "--latents must be a file that ends in .npy" in refused(
        "invert", vae_bundle, paths[0], *out, "--latents", "z.png"
    )
    assert "`steps` must be at least 0" in refused("invert", vae_bundle, paths[0], *out, "--steps", -1)
    assert "the class must be left out" in refused("invert", vae_bundle, paths[0], *out, "--class", "dog")
    assert not (tmp_path / "i.png").exists()


def test_latents_that_do_not_fit_are_one_line(vae_bundle, files, refused, tmp_path):
    _, paths = files
    (tmp_path / "text.npy").write_text("no array")
    for name, array in {
        "short": np.zeros((2, 1), np.float32),
        "flat": np.zeros(2, np.float32),
        "none": np.zeros((0, 2), np.float32),
        "whole": np.zeros((2, 2), np.int64),
        "nan": np.full((2, 2), np.nan, np.float32),
    }.items():
        np.save(tmp_path / f"{name}.npy", array)
    cases = {
        "nowhere": "no such file",
        "text": "--latents must be a .npy file",
        "short": "must hold floats (n, 2). Received: (2, 1).",
        "flat": "must hold floats (n, 2). Received: (2,).",
        "none": "must hold floats (n, 2). Received: (0, 2).",
        "whole": "must hold floats (n, 2). Received: int64.",
        "nan": "must hold finite latents",
    }
    for name, message in cases.items():
        for command in ("interpolate", "traverse"):
            words = [vae_bundle, "--latents", tmp_path / f"{name}.npy", "--out", tmp_path / "o.png"]
            assert message in refused(command, *words)
    np.save(tmp_path / "good.npy", np.zeros((2, 2), np.float32))
    good = [vae_bundle, "--latents", tmp_path / "good.npy", "--out", tmp_path / "o.png"]
    assert "Received: more than one of them." in refused("interpolate", *good, "--seeds", "[1, 2]")
    assert "from the first of --latents. Received: both." in refused("traverse", *good, "--picture", paths[0])
