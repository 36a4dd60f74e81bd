"""A run and its bundle know which numbers were black and white."""

from __future__ import annotations

import json

import numpy as np
import yaml
from PIL import Image

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
