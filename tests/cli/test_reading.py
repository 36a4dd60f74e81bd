"""A run and its bundle know how numbers and files became pictures."""

from __future__ import annotations

import json

import numpy as np
import yaml
from PIL import Image, ImageOps

from serving.bundle.manifest import Manifest
from serving.common.images import write_png
from tests.cli.conftest import without_notes


def test_a_range_goes_from_the_data_into_run_bundle_and_what_the_bundle_reads(tmp_path, run, refused, capfd):
    random = np.random.default_rng(0)
    numbers = random.integers(1000, 3000, (40, 8, 8), np.uint16)
    numbers[0, 0, :2] = 1000, 3000
    data, out, bundle = f"npz:{tmp_path / 'x.npz'}", tmp_path / "run", tmp_path / "bundle"
    np.savez(tmp_path / "x.npz", x_train=numbers[:32], x_test=numbers[32:])
    words = ["train", "vae", "--data", data, "--batch_size", 16, "--out", out, "--model.encoder", "mlp"]
    assert run(*words, "--value_range", "auto", "--model.decoder", "mlp", "--epochs", 1)[0] == 0
    assert yaml.safe_load((out / "config.yaml").read_text())["value_range"] == "1000,3000"
    assert run("export", out, "--out", bundle)[0] == 0
    assert json.loads((bundle / "manifest.json").read_text())["image"]["value_range"] == [1000, 3000]

    levels = np.rint((numbers[32:] - 1000.0) / 2000 * 255).astype(np.uint8)
    for index, (deep, plain) in enumerate(zip(numbers[32:], levels, strict=True)):
        (tmp_path / "deep").mkdir(exist_ok=True)
        Image.fromarray(deep).save(tmp_path / "deep" / f"{index}.png")
        write_png(tmp_path / "plain" / f"{index}.png", plain[..., None])
    for name in ("deep", "plain"):
        assert run("encode", bundle, tmp_path / name, "--out", tmp_path / f"{name}.npy")[0] == 0
    assert run("features", bundle, "--data", data, "--split", "test", "--out", tmp_path / "data.npy")[0] == 0
    codes = [np.load(tmp_path / f"{name}.npy") for name in ("plain", "deep", "data")]
    assert np.ptp(codes[0]) > 0
    np.testing.assert_array_equal(codes[1], codes[0])
    np.testing.assert_array_equal(codes[2], codes[0])
    for place in (out, bundle):
        assert run("evaluate", place, "--data", data, "--samples", 2, "--drawn", 20)[0] == 0
    figures = [json.loads((place / "evaluation.json").read_text()) for place in (out, bundle)]
    psnr = [next(one["value"] for one in of if "psnr" in one["name"].lower()) for of in figures]
    assert abs(psnr[0] - psnr[1]) < 0.1

    assert "value_range" in refused(*words, "--value_range", "1000,2000", "--model.decoder", "mlp", "--epochs", 2)
    assert "--value-range must be LOW,HIGH" in refused(*words, "--value-range", "5")
    assert without_notes(capfd.readouterr().err) == ""


def test_what_was_found_of_two_domains_is_in_the_run(tmp_path, run):
    """Maps in domain A: their own resizing, which the run goes on with, and which `evaluate` takes."""
    random = np.random.default_rng(0)
    for split in ("train", "test"):
        for index in range(4):
            whole = np.hstack([random.integers(0, 2, (20, 20, 3)) * 255, random.integers(0, 256, (20, 20, 3))])
            write_png(tmp_path / "pairs" / split / f"{index}.png", whole.astype(np.uint8))
    words = ["train", "pix2pix", "--data", f"pairs:{tmp_path / 'pairs'}", "--image_size", 16, "--batch_size", 2]
    words += ["--out", tmp_path / "run", "--model.generator", "{name: resnet, filters: 2, blocks: 1}", "--validation"]
    words += ["--model.discriminator", "{name: patchgan, receptive_field: 16, filters: 2}"]
    for epochs in (1, 2):
        code, _, said = run(*words, "--epochs", epochs)
        assert code == 0
        assert said.count("(A) has pictures of 8 colours, which are resized to the nearest pixel") == 1
        config = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())
        assert [config[f"interpolation{domain}"] for domain in ("", "_a", "_b")] == [None, "nearest", None]
    code, _, said = run("evaluate", tmp_path / "run", "--data", f"pairs:{tmp_path / 'pairs'}")
    assert (code, said) == (0, "")
    assert run("export", tmp_path / "run", "--out", tmp_path / "bundle")[0] == 0
    image = Manifest.read(tmp_path / "bundle").image
    assert (image.interpolation, image.interpolation_a, image.interpolation_b) == (None, "nearest", None)
    assert image.enlarge == 1
    code, _, said = run("evaluate", tmp_path / "bundle", "--data", f"pairs:{tmp_path / 'pairs'}")
    assert (code, said) == (0, "")
    # As if these had been pictures that were made smaller.
    (tmp_path / "run" / "config.yaml").write_text(yaml.safe_dump({**config, "data": "smaller4:digits"}))
    assert run("export", tmp_path / "run", "--out", tmp_path / "larger")[0] == 0
    assert Manifest.read(tmp_path / "larger").image.enlarge == 4


def test_a_bundle_resizes_as_its_run_did(tmp_path, run):
    """Told `nearest` for photographs, which their colours do not say; so do `invert` of run and of bundle."""
    random = np.random.default_rng(0)
    for index in range(4):
        write_png(tmp_path / "photographs" / f"{index}.png", random.integers(0, 256, (19, 19, 1), np.uint8))
    words = ["train", "autoencoder", "--data", f"folder:{tmp_path / 'photographs'}", "--image_size", 8, "--epochs", 1]
    words += [
        "--batch_size",
        2,
        "--model.encoder",
        "{name: mlp, units: [2]}",
        "--model.decoder",
        "{name: mlp, units: [2]}",
    ]
    assert run(*words, "--interpolation", "nearest", "--out", tmp_path / "run")[0] == 0
    assert run("export", tmp_path / "run", "--out", tmp_path / "bundle")[0] == 0
    assert Manifest.read(tmp_path / "bundle").image.interpolation == "nearest"
    expected = ImageOps.fit(Image.open(tmp_path / "photographs" / "0.png"), (8, 8), Image.Resampling.NEAREST)
    for place in ("run", "bundle"):
        words = ["invert", tmp_path / place, tmp_path / "photographs" / "0.png", "--resize", "--steps", 0]
        assert run(*words, "--out", tmp_path / "inverted.png")[0] == 0
        shown = np.asarray(Image.open(tmp_path / "inverted.png"))
        np.testing.assert_array_equal(shown[1::6, 1::6][:8, :8], expected)
