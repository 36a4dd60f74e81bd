"""Pictures of five channels, and of four, from the command line to files that a bundle writes."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import BytesIO

import keras
import numpy as np
import pytest
from PIL import Image

import export
import keras_gen
from keras_gen.cli import main
from serving.bundle.film import read_film
from serving.common.images import write_png

CODER = {"name": "mlp", "units": [8]}
OPTIONS = ["--model.latent_dim", 2, "--model.encoder", "{name: mlp, units: [8]}"]
OPTIONS += ["--model.decoder", "{name: mlp, units: [8]}"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Pictures of five bands, a run on them with what it said, and its bundle."""
    place = tmp_path_factory.mktemp("bands")
    bands = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 5), np.uint8)
    np.savez(place / "bands.npz", x_train=bands, y_train=np.arange(40) % 2, x_test=bands[:8], y_test=np.arange(8) % 2)
    np.save(place / "one.npy", bands[0])
    data = ["--data", f"npz:{place / 'bands.npz'}", "--channels", "5", "--batch_size", "20", "--epochs", "1"]
    with (place / "said.txt").open("w") as said, redirect_stdout(said):
        assert (
            main(["train", "vae", *data, *map(str, OPTIONS), "--validation", "--film", "--out", str(place / "run")])
            == 0
        )
    assert main(["export", str(place / "run"), "--out", str(place / "bundle")]) == 0
    return place


def test_previews_show_three_and_the_run_knows_its_channels(place):
    first = (place / "said.txt").read_text().splitlines()[0]
    assert first.endswith("steps an epoch; samples show the first 3 of 5 channels")
    with Image.open(place / "run" / "samples" / "epoch_0001.png") as picture:
        assert picture.mode == "RGB"
    assert "channels: 5" in (place / "run" / "config.yaml").read_text()
    assert json.loads((place / "bundle" / "manifest.json").read_text())["image"]["channels"] == 5


def test_the_film_shows_three_too(place):
    film = read_film(place / "bundle")
    assert (film.kind, [frame.epoch for frame in film.frames], film.plane) == ("pictures", [0, 1], None)
    assert set(film.history) >= {"epoch", "loss", "val_loss"}
    with Image.open(BytesIO(film.frames[1].parts["picture"])) as picture:
        # 6 by 6 samples of 8x8 pixels, one pixel apart.
        assert (picture.mode, picture.size) == ("RGB", (55, 55))


def test_the_run_and_the_bundle_are_measured(place, run):
    data = ["--data", f"npz:{place / 'bands.npz'}", "--drawn", 8]
    for trained in ("run", "bundle"):
        assert run("evaluate", place / trained, *data, "--samples", 2)[0] == 0
    out = place / "neighbours.png"
    _, said, _ = run("neighbours", place / "bundle", *data, "-n", 2, "--neighbours", 1, "--out", out)
    assert "2 samples and their neighbours, the first 3 of 5 channels" in said


def test_grids_say_what_they_show(place, run):
    data = ["data", f"npz:{place / 'bands.npz'}", "--channels", 5]
    sample, reconstruct = (["sample", place / "bundle", "-n", 4], ["reconstruct", place / "bundle", place / "one.npy"])
    for words in (data, sample, reconstruct):
        code, said, _ = run(*words, "--out", place / "grid.png")
        assert (code, ", the first 3 of 5 channels" in said) == (0, True)
        with Image.open(place / "grid.png") as picture:
            assert picture.mode == "RGB"


def test_samples_are_arrays_unless_a_picture_file_is_asked_for(place, run, refused):
    assert run("sample", place / "bundle", "-n", 3, "--seed", 1, "--shard_size", 2, "--out", place / "samples")[0] == 0
    assert [np.load(place / "samples" / name).shape[0] for name in ("0000.npy", "0002.npy")] == [2, 1]
    line = refused("sample", place / "bundle", "-n", 3, "--format", "png", "--out", place / "refused")
    assert "`format` must be npy for pictures of 5 channels. Received: png." in line


def test_codes_of_arrays_and_back(place, run, refused):
    array = place / "one.npy"
    assert run("encode", place / "bundle", array, "--out", place / "codes.npy")[0] == 0
    assert np.load(place / "codes.npy").shape == (1, 2)
    assert run("compress", place / "bundle", array, "--out", place / "codes.kgc")[0] == 0
    assert run("decompress", place / "bundle", place / "codes.kgc", "--out", place / "back")[0] == 0
    assert np.load(place / "back" / "one.npy").shape == (8, 8, 5)
    write_png(place / "rgb.png", np.zeros((8, 8, 3), np.uint8))
    line = refused("encode", place / "bundle", place / "rgb.png", "--out", place / "refused.npy")
    assert "rgb.png must be a .npy file for a bundle of 5 channels. Received: a picture." in line


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "must have 1 to 4 channels, in the last axis, where no --channels says that there are more."),
        (["--channels", 4], "must have 4 channels where --channels is 4. Received: 5."),
        (["--channels", 0], "`channels` must be an integer of at least 1. Received: 0."),
    ],
)
@pytest.mark.parametrize("command", ["train", "prepare", "data"])
def test_mistakes(place, refused, tmp_path, command, words, message):
    data = f"npz:{place / 'bands.npz'}"
    given = ["vae", "--data", data] if command == "train" else [data]
    assert message in refused(command, *given, *words, "--out", tmp_path / "out.png")


def test_opacity_from_a_folder_to_files(tmp_path, run, refused):
    random = np.random.default_rng(0)
    for index in range(4):
        write_png(tmp_path / "in" / f"{index}.png", random.integers(0, 256, (8, 8, 4), np.uint8))
    keras.utils.set_random_seed(0)
    model = keras_gen.VAE((8, 8, 4), latent_dim=2, encoder=CODER, decoder=CODER)
    bundle = export.export_bundle(model, tmp_path / "bundle")
    assert run("sample", bundle, "-n", 2, "--out", tmp_path / "out")[0] == 0
    with Image.open(tmp_path / "out" / "0001.png") as picture:
        assert picture.mode == "RGBA"
    assert run("encode", bundle, tmp_path / "in", "--out", tmp_path / "files.npy")[0] == 0
    assert run("features", bundle, "--data", f"folder:{tmp_path / 'in'}", "--out", tmp_path / "data.npy")[0] == 0
    np.testing.assert_allclose(np.load(tmp_path / "files.npy"), np.load(tmp_path / "data.npy"), atol=1e-6)
    line = refused("train", "vae", "--data", f"folder:{tmp_path / 'in'}", "--channels", 5, "--out", tmp_path / "run")
    assert "must have 1 to 4 channels, as every picture file. Received: requested 5." in line
