"""`keras-gen export --triton`."""

from __future__ import annotations

import pytest

from keras_gen.cli import main


def test_a_run_as_a_bundle_and_a_repository(tmp_path, run):
    words = ["train", "vae", "--data", "digits", "--epochs", "1", "--batch_size", "500", "--out", str(tmp_path / "run")]
    for network in ("encoder", "decoder"):
        words += [f"--model.{network}", "{name: mlp, units: [8]}"]
    assert main(words) == 0
    code, out, _ = run(
        *("export", tmp_path / "run", "--out", tmp_path / "bundle", "--triton", tmp_path / "models"),
        *("--max_batch_size", 16, "--instances", 2, "--storage_uri", "pvc://models/vae"),
    )
    assert code == 0
    assert out.splitlines()[-2:] == [f"bundle: {tmp_path / 'bundle'}", f"triton: {tmp_path / 'models'}, version 1"]
    assert "max_batch_size: 16" in (tmp_path / "models" / "decoder" / "config.pbtxt").read_text()
    assert "count: 2" in (tmp_path / "models" / "decoder" / "config.pbtxt").read_text()
    assert "pvc://models/vae" in (tmp_path / "models" / "inference_service.yaml").read_text()


def test_mistakes_are_one_line(vae_bundle, tmp_path, refused):
    assert "a bundle takes --triton alone" in refused("export", vae_bundle, "--out", tmp_path / "b")
    assert "a bundle takes --triton alone" in refused(
        "export", vae_bundle, "--out", tmp_path / "b", "--triton", tmp_path / "m"
    )
    assert "needs --out" in refused("export", tmp_path, "--triton", tmp_path / "m")
    line = refused("export", tmp_path, "--out", tmp_path / "b", "--instances", "2")
    assert "--instances must be left out without --triton. Received: 2" in line
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.txt").write_text("a")
    assert "which is neither" in refused("export", vae_bundle, "--triton", tmp_path / "photos")


@pytest.mark.parametrize("word", ["many", "1.5"])
def test_numbers_are_numbers(vae_bundle, tmp_path, refused, word):
    assert "--instances must be" in refused("export", vae_bundle, "--triton", tmp_path / "m", "--instances", word)
