"""The commands that write codes."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import export
from keras_gen.data import open_source


@pytest.fixture(scope="module")
def float_bundle(small_vae, tmp_path_factory):
    return export.export_bundle(small_vae, tmp_path_factory.mktemp("bundles") / "float", io="float")


class TestFeatures:
    def test_they_are_the_codes_of_a_source_in_its_order(self, run, sampler, vae_bundle, tmp_path):
        words = ["features", vae_bundle, "--data", "digits", "--labels", tmp_path / "y" / "labels.npy"]
        code, out, err = run(*words, "--out", tmp_path / "x.npy")
        assert (code, err) == (0, "")
        assert "1500 codes of 2 numbers" in out
        assert "1500 labels of 10 classes" in out
        examples = open_source("digits", split="train").examples
        codes, labels = np.load(tmp_path / "x.npy"), np.load(tmp_path / "y" / "labels.npy")
        np.testing.assert_array_equal(codes, sampler.encode(examples.images))
        np.testing.assert_array_equal(labels, examples.labels)
        assert (codes.dtype, labels.dtype) == (np.float32, np.int64)

    def test_fewer_are_drawn_with_the_seed_and_keep_their_order(self, run, vae_bundle, tmp_path):
        words = ["features", vae_bundle, "--data", "digits", "--split", "test"]
        assert run(*words, "--out", tmp_path / "all.npy")[0] == 0
        everything = np.load(tmp_path / "all.npy")
        found = []
        for seed in (1, 1, 2):
            assert run(*words, "--count", 40, "--seed", seed, "--out", tmp_path / "x.npy")[0] == 0
            codes = np.load(tmp_path / "x.npy")
            rows = [int(np.flatnonzero((everything == code).all(axis=1))[0]) for code in codes]
            assert rows == sorted(set(rows))
            assert len(rows) == 40
            found.append(rows)
        assert found[0] == found[1] != found[2]
        assert run(*words, "--count", 1000, "--out", tmp_path / "x.npy")[0] == 0
        np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), everything)

    def test_a_bundle_that_takes_floats_gives_the_same_codes(self, run, float_bundle, vae_bundle, tmp_path):
        for name, bundle in (("float", float_bundle), ("uint8", vae_bundle)):
            words = ["features", bundle, "--data", "digits", "--split", "test", "--out", tmp_path / f"{name}.npy"]
            assert run(*words)[0] == 0
        np.testing.assert_allclose(np.load(tmp_path / "float.npy"), np.load(tmp_path / "uint8.npy"), atol=1e-5)

    def test_another_size_is_converted_only_when_asked(self, run, sampler, vae_bundle, tmp_path):
        pictures = np.random.default_rng(0).integers(0, 256, (5, 12, 20, 3), dtype=np.uint8)
        np.savez(tmp_path / "x.npz", images=pictures)
        words = ["features", vae_bundle, "--data", f"npz:{tmp_path / 'x.npz'}", "--split", "all"]
        code, _, err = run(*words, "--out", tmp_path / "x.npy")
        assert code == 2
        assert "x.npz must be 8x8x1, which the bundle takes; --resize converts it. Received: 20x12x3." in err
        assert len(err.splitlines()) == 1
        assert run(*words, "--resize", "--out", tmp_path / "x.npy")[0] == 0
        resized = open_source(f"npz:{tmp_path / 'x.npz'}", (8, 8), 1, "all").examples.images
        np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), sampler.encode(resized))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["features", "{bundle}", "--out", "x.npy"], "needs --data"),
        (["features", "{bundle}", "--data", "digit", "--out", "x.npy"], "Did you mean 'digits'?"),
        (["features", "{bundle}", "--data", "digits", "--out", "x.png"], "--out must be a file that ends in .npy"),
        (
            ["features", "{bundle}", "--data", "digits", "--labels", "y.txt", "--out", "x.npy"],
            "--labels must be a file that ends in .npy. Received: y.txt.",
        ),
        (
            ["features", "{bundle}", "--data", "digits", "--labels", "./x.npy", "--out", "x.npy"],
            "--labels must be another file than --out.",
        ),
        (["features", "{bundle}", "--data", "digits", "--count", "0", "--out", "x.npy"], "`count` must be at least 1"),
        (["features", "{bundle}", "--data", "digits", "--seed", "-1", "--out", "x.npy"], "`seed` must be at least 0"),
        (["features", "{bundle}", "--data", "digits", "--split", "tset", "--out", "x.npy"], "Did you mean 'test'?"),
    ],
)
def test_mistakes_are_one_line(run, vae_bundle, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(*(word.format(bundle=vae_bundle) for word in words))
    assert code == 2
    assert message in err
    assert len(err.splitlines()) == 1, err
    assert list(tmp_path.iterdir()) == []


def test_labels_are_asked_only_of_a_source_that_has_them(run, vae_bundle, files, tmp_path):
    words = ["features", vae_bundle, "--data", f"folder:{tmp_path / 'in'}", "--out", tmp_path / "x.npy"]
    code, _, err = run(*words, "--labels", tmp_path / "y.npy")
    assert code == 2
    assert "must have labels. Received: pictures alone." in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "x.npy").exists()
    assert run(*words)[0] == 0


def test_no_command_loads_tensorflow(vae_bundle, files, tmp_path):
    program = (
        "import shlex, sys; from keras_gen.cli import main\n"
        "for line in sys.argv[1:]:\n"
        "    assert main(shlex.split(line)) == 0, line\n"
        "    print({'tensorflow', 'keras'} & set(sys.modules))"
    )
    lines = [
        "features {b} --data digits --out {t}/x.npy --labels {t}/y.npy",
        "latent {b} --data digits --out {t}/l.png",
        "attribute {b} {t}/in --data digits --class 1 --out {t}/a.png",
    ]
    words = [line.format(b=vae_bundle, t=tmp_path) for line in lines]
    result = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines().count("set()") == len(lines)
