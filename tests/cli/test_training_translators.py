"""Models that translate, from the command line to a bundle."""

from __future__ import annotations

import csv
import json

import keras
import numpy as np
import pytest

import serving
from keras_gen.cli import main
from serving.common.images import read_image, to_float, to_uint8, write_png

NETWORKS = ["--model.generator", "{name: resnet, filters: 2, blocks: 1}"]
JUDGES = ["--model.discriminator", "{name: patchgan, receptive_field: 16, filters: 2}"]
SMALL = ["--epochs", "2", "--batch_size", "2", "--seed", "3", "--image_size", "16", *NETWORKS, *JUDGES]
OPTIMIZER = ["learning_rate: 0.001", "schedule: linear", "hold_steps: 3", "decay_steps: 3"]
RATES = [f"--{player}_optimizer={{{', '.join(OPTIMIZER)}}}" for player in ("generator", "discriminator")]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Six pairs of 24x20 pixels for training and three for testing, side by side; the left one upside down."""
    place = tmp_path_factory.mktemp("translators")
    random = np.random.default_rng(0)
    for split, count in (("train", 6), ("test", 3)):
        for index in range(count):
            picture = random.integers(0, 256, (20, 24, 3), np.uint8)
            write_png(place / "pairs" / split / f"{index}.png", np.concatenate([picture[::-1], picture], axis=1))
            write_png(place / "a" / split / f"{index}.png", picture)
            if index < 4:
                write_png(place / "b" / split / f"other{index}.png", 255 - picture)
    return place


def figures(run):
    with (run / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def pix2pix(place):
    out = place / "pix2pix"
    words = ["--data", f"pairs:{place / 'pairs'}", "--validation", "true", "--load_size", "20", "--mirror", "true"]
    assert main(["train", "pix2pix", *words, "--out", str(out), *SMALL, *RATES]) == 0
    return out


def test_pairs_train_and_validate(pix2pix):
    rows = figures(pix2pix)
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert {"l1", "val_l1", "generator_loss", "val_discriminator_accuracy"} <= rows[0].keys()
    model = keras.saving.load_model(pix2pix / "model.keras")
    assert (model.image_shape, int(model.noise.step)) == ((16, 16, 3), 6)
    assert (pix2pix / "samples" / "epoch_0002.png").exists()


def test_a_continued_run_ends_where_an_unbroken_one_does(place, pix2pix, run):
    words = ["--data", f"pairs:{place / 'pairs'}", "--validation", "true", "--load_size", "20", "--mirror", "true"]
    parts = place / "in_parts"
    for epochs in ("1", "2"):
        code, out, _ = run("train", "pix2pix", *words, "--out", parts, *SMALL, *RATES, "--epochs", epochs)
        assert code == 0
    assert "resuming after epoch 1 of 2" in out
    assert figures(parts) == figures(pix2pix)


def test_the_other_way_around(place, pix2pix, run):
    out = place / "reversed"
    words = ["--data", f"pairs:{place / 'pairs'}", "--validation", "true", "--epochs", "1", "--reverse", "true"]
    code, said, _ = run("train", "pix2pix", *words, "--out", out, *SMALL[2:])
    assert code == 0
    assert "pairs (B)" not in said
    assert "6 pairs of 16x16x3" in said
    assert figures(out)[0]["val_l1"] != figures(pix2pix)[0]["val_l1"]


def test_two_domains_train_and_are_exported_both_ways(place, run):
    out = place / "cyclegan"
    words = ["--data", f"unpaired:{place / 'a'},{place / 'b'}", "--model.pool_size", "4", "--best", "val_cycle_loss"]
    code, said, _ = run("train", "cyclegan", *words, "--validation", "true", "--out", out, *SMALL, *RATES)
    assert code == 0
    assert "6 and 4 pictures of 16x16x3" in said
    assert float(figures(out)[-1]["val_cycle_loss"]) > 0
    assert (out / "best.keras").exists()
    assert run("export", out, "--out", place / "bundle")[0] == 0
    manifest = serving.Manifest.read(place / "bundle")
    assert set(manifest.networks) >= {"a_to_b", "b_to_a"}
    assert (manifest.image.any_size, manifest.image.multiple) == (True, 4)


@pytest.mark.parametrize(
    ("model", "words", "message"),
    [
        ("pix2pix", ["--data", "unpaired:{a},{b}"], "pairs of pictures that belong together, as in pairs:PATH"),
        ("pix2pix", ["--data", "folder:{a}"], "two domains must be pairs:PATH"),
        ("pix2pix", ["--data", "pairs:{pairs}", "--load_size", "12"], "--load-size must be at least --image-size"),
        ("pix2pix", ["--data", "pairs:{pairs}", "--target", "digits"], "--target must be left out for 'pix2pix'"),
        ("cyclegan", ["--data", "unpaired:{a},{a}", "--alarms", "true"], "--alarms must be asked of a model that"),
        ("cyclegan", ["--data", "unpaired:{a},{b}", "--image_size", "18"], "multiples of 4. Received: 18x18"),
        (
            "cyclegan",
            ["--data", "textured:digits", "--batch_size", "60"],
            "--batch-size must be at most 50, which the pool",
        ),
        ("gan", ["--data", "digits", "--mirror", "true"], "--mirror must be left out for 'gan', which does not"),
        ("gan", ["--data", "pairs:{pairs}"], "the data source must be"),
    ],
)
def test_mistakes_are_one_line(place, refused, tmp_path, model, words, message):
    places = {name: str(place / name) for name in ("a", "b", "pairs")}
    words = [word.format(**places) for word in words]
    small = [] if model == "gan" else SMALL
    assert message in refused("train", model, "--out", tmp_path / "run", *small, *words)
    assert not (tmp_path / "run").exists()


def test_a_run_and_its_bundle_have_the_same_figures(place, pix2pix, run):
    bundle = place / "pix2pix_bundle"
    assert run("export", pix2pix, "--out", bundle)[0] == 0
    found = []
    for measured in (pix2pix, bundle):
        code, out, _ = run("evaluate", measured, "--data", f"pairs:{place / 'pairs'}", "--html", place / "page")
        assert code == 0
        assert out.endswith(f"page: {place / 'page' / 'index.html'}\n")
        found.append({line["name"]: line["value"] for line in json.loads((measured / "evaluation.json").read_text())})
    assert set(found[0]) == set(found[1]) == {"a_to_b_l1", "a_to_b_psnr", "a_to_b_ssim"}
    for name, value in found[0].items():
        assert found[1][name] == pytest.approx(value, rel=0.02, abs=1e-3), name
    assert float(figures(pix2pix)[-1]["val_l1"]) == pytest.approx(found[0]["a_to_b_l1"], rel=1e-3)
    assert "any size: sides are brought to multiples of 4" in run("info", bundle)[1]


def test_a_trained_bundle_translates_a_folder(place, pix2pix, run):
    bundle, out = place / "to_translate", place / "translated"
    assert run("export", pix2pix, "--out", bundle)[0] == 0
    code, said, _ = run("translate", bundle, place / "a" / "train", "--out", out, "--tile", "32")
    assert (code, said) == (0, f"6 translated, 0 were there, 0 failed: {out}\n")
    network = keras.saving.load_model(pix2pix / "model.keras").inference_networks()["a_to_b"]
    picture = read_image(place / "a" / "train" / "0.png")
    expected = to_uint8(network({"image": to_float(picture[None])})["translation"].numpy())[0]
    assert np.abs(read_image(out / "0.png").astype(int) - expected).max() <= 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--metrics", "parzen"], "`metrics` must be one of labels, domains"),
        (["--metrics", "labels"], "must have labels in both domains for the metric labels"),
    ],
)
def test_what_cannot_be_measured_is_one_line(place, pix2pix, refused, words, message):
    assert message in refused("evaluate", pix2pix, "--data", f"pairs:{place / 'pairs'}", *words)
