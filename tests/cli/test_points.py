"""Points of the plane, from the command line to the numbers that a bundle gives."""

from __future__ import annotations

import csv
import filecmp
import hashlib
import json
import shutil
from pathlib import Path

import jsonschema
import keras
import numpy as np
import pytest
from PIL import Image

import keras_gen
import serving
import serving.bundle.film
from export.film import write_film
from keras_gen.cli import main
from keras_gen.losses import PAIRS
from keras_gen.training.penalties import PENALTIES
from keras_gen.training.run_directory import RunDirectory, load_model_file
from serving.bundle.film import read_film

SCHEMA = Path(serving.bundle.film.__file__).with_name("film.schema.json")
OPTIONS = [
    "--model.latent_dim",
    "2",
    "--batch_size",
    "64",
    "--steps-per-execution",
    "4",
    "--value-range",
    "auto",
    "--film",
]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Points around (100, 300), a run on them and its bundle."""
    place = tmp_path_factory.mktemp("points")
    points = np.random.default_rng(0).normal((100, 300), (5, 20), (256, 2))
    np.savetxt(place / "points.csv", points, delimiter=",", header="x,y", comments="")
    assert main(train(place, "run", 2)) == 0
    assert main(["export", str(place / "run"), "--out", str(place / "bundle")]) == 0
    return place


def train(place, out, epochs):
    data = ("--data", f"points:{place / 'points.csv'}")
    return ["train", "gan", *data, *OPTIONS, "--epochs", str(epochs), "--out", str(place / out)]


def test_a_resumed_run_ends_with_the_same_weights_and_plots(place):
    assert main(train(place, "resumed", 1)) == 0
    assert main(train(place, "resumed", 2)) == 0
    whole, resumed = (load_model_file(place / run / "model.keras") for run in ("run", "resumed"))
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    frames = sorted(path.name for path in (place / "run" / "film").iterdir())
    assert frames == ["epoch_0000.npz", "epoch_0001.npz", "epoch_0002.npz", "still.npz", "stride.json"]
    assert filecmp.cmpfiles(place / "run/film", place / "resumed/film", frames, shallow=False)[0] == frames
    assert filecmp.cmp(place / "run/samples/epoch_0002.png", place / "resumed/samples/epoch_0002.png", shallow=False)


def test_a_bundle_gives_points_in_the_numbers_of_the_data(place):
    model = load_model_file(place / "run" / "model.keras")
    sampler = serving.load(place / "bundle")
    low, high = sampler.manifest.image.value_range
    points = sampler.sample(100, seed=3)
    assert (points.shape, points.dtype) == ((100, 2), np.float32)
    expected = low + (model.sample(100, seed=3).reshape(-1, 2) + 1) / 2 * (high - low)
    np.testing.assert_allclose(points, expected, rtol=1e-5)


def test_the_bundle_brings_the_film_of_its_training(place, run, tmp_path):
    found = read_film(place / "bundle")
    assert (found.kind, found.plane, [frame.epoch for frame in found.frames]) == ("points", (-1.25, 1.25), [0, 1, 2])
    assert [frame.step for frame in found.frames] == [0, 4, 8]
    with np.load(place / "run/film/epoch_0002.npz") as stored, np.load(place / "run/film/still.npz") as still:
        for name in ("samples", "surface", "warped", "gradients"):
            np.testing.assert_array_equal(found.frames[2].parts[name], stored[name])
        assert found.frames[2].figures == {"kl": stored["kl"], "js": stored["js"]}
        np.testing.assert_array_equal(found.still["real"], still["real"])
    with (place / "run/metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert found.history["epoch"] == [1, 2]
    assert found.history["generator_loss"] == [float(row["generator_loss"]) for row in rows]
    document = json.loads((place / "bundle/film.json").read_text())
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert "film      of the training" in run("info", place / "bundle")[1]


def test_a_film_tells_when_alarms_were_raised(place, tmp_path):
    run = RunDirectory(shutil.copytree(place / "run", tmp_path / "run"))
    lines = ("epoch,loss,sample_diversity", "1,0.5,0.6", "2,nan,0.4", "3,,0.3", "4,0.1,0.5", "5,0.1,0.2")
    run.metrics_file.write_text("\n".join(lines))
    write_film(tmp_path, run)
    document = json.loads((tmp_path / "film.json").read_text())
    assert document["history"]["loss"] == [0.5, None, None, 0.1, 0.1]
    assert [(alarm["epoch"], alarm["value"]) for alarm in document["alarms"]] == [(2, 0.4), (5, 0.2)]
    assert "mode collapse" in document["alarms"][0]["cause"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda film: film.pop("parts"), "film must have 'parts'"),
        (lambda film: film.update(kind="other"), "film.kind must be 'pictures' or 'points'"),
        (lambda film: film["frames"][0].update(epoch=5), "film.frames must be frames of rising epochs"),
        (
            lambda film: film["frames"][0]["at"].update(samples=[0, 3]),
            "film.frames.0.at.samples must be the place of a",
        ),
        (lambda film: film["frames"][0]["at"].update(samples=[10**6, 4000]), "the place of a float32 among"),
        (lambda film: film["frames"][0]["at"].update(other=[0, 4]), "film.frames.0.at.other must be one of the parts"),
        (lambda film: film["history"].update(epoch=[1]), "film.history must be columns of one length"),
        (lambda film: film["parts"]["samples"].update(shape=[-1]), "an integer of at least 1"),
        (lambda film: film.update(plane=[1, 0]), "film.plane must be"),
    ],
)
def test_a_film_that_is_not_as_it_must_be_is_named(place, tmp_path, change, message):
    bundle = shutil.copytree(place / "bundle", tmp_path / "bundle")
    film = json.loads((bundle / "film.json").read_text())
    change(film)
    content = json.dumps(film).encode()
    (bundle / "film.json").write_bytes(content)
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["film"] |= {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(serving.InputError, match=message):
        read_film(bundle)


def test_points_are_sampled_as_numbers_and_as_a_plot(place, run, tmp_path):
    for suffix in ("csv", "npy", "png"):
        code, said, _ = run("sample", place / "bundle", "-n", 20, "--seed", 3, "--out", tmp_path / f"points.{suffix}")
        assert (code, "20 points of seed 3" in said) == (0, True)
    expected = serving.load(place / "bundle").sample(20, seed=3)
    np.testing.assert_array_equal(np.load(tmp_path / "points.npy"), expected)
    table = np.loadtxt(tmp_path / "points.csv", np.float32, delimiter=",", skiprows=1)
    np.testing.assert_array_equal(table, expected)
    assert (tmp_path / "points.csv").read_text().startswith("x,y\n")
    with Image.open(tmp_path / "points.png") as plot:
        assert plot.size == (384, 384)


def test_what_points_are_is_shown(place, run, tmp_path):
    assert "points    of the plane" in run("info", place / "bundle")[1]
    assert (place / "bundle" / "README.md").read_text().count("# gan: points\n") == 1
    assert run("data", "points:ring", "--out", tmp_path / "ring.png")[0] == 0
    with Image.open(tmp_path / "ring.png") as plot:
        dots = (np.asarray(plot) == (31, 119, 180)).all(axis=-1)
    # 153.6 pixels a unit around 192: the mode at (0.8, 0) is 123 to the right, and none is nearer to both axes than 87.
    assert dots[187:197, 310:320].any()
    assert not dots[115:270, 115:270].any()


def test_mistakes_are_one_line(place, refused, tmp_path):
    bundle, out = place / "bundle", tmp_path / "out"
    ring = ("--data", "points:ring", "--out", out)
    for words, message in (
        (("train", "vae", *ring), "a generator and a discriminator alone, such as gan. Received: vae."),
        (("train", "conditional_gan", *ring), "such as gan. Received: conditional_gan."),
        (("train", "gan", *ring, "--model.augmentation", "[color]"), "--model.augmentation must be left out"),
        (("train", "gan", *ring, "--image-size", "8"), "--image-size and --channels must be left out"),
        (("export", place / "run", "--out", out, "--quantize", "fp16"), "--quantize and --check-provider must be left"),
        (("sample", bundle, "--out", out), "--out must end in .csv, .npy, .png for a bundle of points"),
        (("sample", bundle, "--out", f"{out}.npy", "--format", "npy"), "--format must be left out"),
        (
            ("interpolate", bundle, "--out", f"{out}.png"),
            "a bundle of pictures for this command. Received: one of points",
        ),
    ):
        assert message in refused(*words)


@pytest.mark.parametrize("loss", PAIRS)
def test_every_loss_and_penalty_trains_on_points(loss):
    points = keras_gen.data.open_source("points:grid").examples.images[:32]
    model = keras_gen.GAN(
        image_shape=(1, 1, 2),
        latent_dim=2,
        generator={"name": "points", "units": [8]},
        discriminator={"name": "points", "units": [8]},
        loss=loss,
        penalties=dict.fromkeys(PENALTIES, 0.1),
    )
    before = [np.copy(weights) for weights in model.generator.get_weights()]
    model.compile(run_eagerly=True)
    keras.utils.set_random_seed(0)
    losses = model.train_on_batch(points, return_dict=True)
    assert all(np.isfinite(value) for value in losses.values())
    assert any((one != other).any() for one, other in zip(before, model.generator.get_weights(), strict=True))
