"""The commands that write codes: for a classifier, and as a small file instead of pictures."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import export
import serving
from keras_gen.data import open_source
from serving.common.images import read_image, to_float, write_png
from serving.latents.code_files import read_codes
from serving.latents.quantization import quantize


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


class TestCompress:
    @pytest.mark.parametrize("bits", [1, 8, 16])
    def test_what_comes_back_is_decoded_from_the_quantized_codes(self, run, sampler, vae_bundle, files, tmp_path, bits):
        grey, _ = files
        out = tmp_path / "c.kgc"
        assert run("compress", vae_bundle, tmp_path / "in", "--bits", bits, "--out", out)[0] == 0
        assert run("decompress", vae_bundle, out, "--out", tmp_path / "back")[0] == 0
        expected = sampler.decode(quantize(sampler.encode(grey), bits).codes())
        found = {path.name: read_image(path) for path in (tmp_path / "back").iterdir()}
        assert sorted(found) == ["a.png", "b.png", "c.png"]
        for name, picture in zip(("a.png", "b.png", "c.png"), expected, strict=True):
            np.testing.assert_array_equal(found[name], picture)

    def test_rates_and_loss_are_stated(self, run, sampler, vae_bundle, files, tmp_path):
        grey, paths = files
        out = tmp_path / "c.kgc"
        code, text, err = run("compress", vae_bundle, tmp_path / "in", "--bits", 6, "--out", out)
        assert (code, err) == (0, "")
        lines = dict(line.split("  ", 1) for line in text.splitlines()[1:])
        assert float(lines["codes"].split()[0]) == pytest.approx(2 * 6 / 64, abs=1e-4)
        written = out.stat().st_size
        assert lines["whole file"].split()[0] == f"{8 * written / (3 * 64):.4f}"
        assert f"{written} bytes" in lines["whole file"]
        assert lines["originals"].split() == [str(sum(path.stat().st_size for path in paths)), "bytes"]
        back = sampler.decode(quantize(sampler.encode(grey), 6).codes()).astype(np.float64)
        errors = np.square(back - grey).mean(axis=(1, 2, 3))
        assert float(lines["PSNR"].split()[0]) == pytest.approx(np.mean(10 * np.log10(255**2 / errors)), abs=0.006)

    def test_files_of_one_name_stay_apart(self, run, vae_bundle, files, tmp_path):
        grey, paths = files
        write_png(tmp_path / "other" / "a.png", grey[1])
        assert run("compress", vae_bundle, paths[0], tmp_path / "other" / "a.png", "--out", tmp_path / "c.kgc")[0] == 0
        assert run("decompress", vae_bundle, tmp_path / "c.kgc", "--out", tmp_path / "back")[0] == 0
        assert sorted(path.name for path in (tmp_path / "back").iterdir()) == ["a-2.png", "a.png"]

    def test_one_picture_and_pictures_of_another_size(self, run, sampler, vae_bundle, tmp_path):
        write_png(tmp_path / "big.png", np.full((20, 12, 3), 90, np.uint8))
        words = ["compress", vae_bundle, tmp_path / "big.png", "--out", tmp_path / "c.kgc"]
        code, _, err = run(*words)
        assert code == 2
        assert "big.png must be 8x8x1, which the bundle takes; --resize converts it." in err
        assert run(*words, "--resize")[0] == 0
        # Each dimension of a single code is constant, and therefore exact.
        resized = read_image(tmp_path / "big.png", (8, 8), 1)[None]
        np.testing.assert_array_equal(read_codes(tmp_path / "c.kgc").quantized.codes(), sampler.encode(resized))

    def test_a_bundle_that_gives_floats_writes_pictures_too(self, run, float_bundle, files, tmp_path):
        grey, _ = files
        assert run("compress", float_bundle, tmp_path / "in", "--bits", 5, "--out", tmp_path / "c.kgc")[0] == 0
        assert run("decompress", float_bundle, tmp_path / "c.kgc", "--out", tmp_path / "back")[0] == 0
        sampler = serving.load(float_bundle)
        decoded = sampler.decode(quantize(sampler.encode(to_float(grey)), 5).codes())
        expected = np.rint((np.clip(decoded, -1, 1) + 1) * 127.5)
        np.testing.assert_array_equal(read_image(tmp_path / "back" / "b.png"), expected[1])

    def test_codes_of_another_bundle_are_refused(self, run, vae_bundle, altered_bundle, files, tmp_path):
        assert run("compress", vae_bundle, tmp_path / "in", "--out", tmp_path / "c.kgc")[0] == 0
        other = altered_bundle(lambda manifest: manifest["networks"]["decoder"].update(sha256="cd" * 32))
        code, _, err = run("decompress", other, tmp_path / "c.kgc", "--out", tmp_path / "back")
        digest = serving.load(vae_bundle).manifest.networks["decoder"].sha256
        assert code == 2
        assert "cdcdcdcdcdcd... " in err
        assert f"Received: codes for {digest[:12]}..." in err
        assert len(err.splitlines()) == 1
        assert not (tmp_path / "back").exists()


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
        (["compress", "{bundle}", "--out", "c.kgc"], "needs pictures"),
        (["compress", "{bundle}", "nowhere.png", "--out", "c.kgc"], "nowhere.png must be a picture"),
        (["compress", "{bundle}", "a.png", "--bits", "17", "--out", "c.kgc"], "from 1 to 16. Received: 17."),
        (["compress", "{bundle}", "a.png", "--out", "c.png"], "--out must be a file that ends in .kgc"),
        (["decompress", "{bundle}", "--out", "back"], "needs codes"),
        (["decompress", "{bundle}", "nowhere.kgc", "--out", "back"], "nowhere.kgc must be a file of codes."),
        (["decompress", "{bundle}", "{bundle}/manifest.json", "--out", "back"], "must begin with b'KGCODES"),
        (["decompress", "{bundle}", "nowhere.kgc", "--out", "{bundle}/manifest.json"], "--out must be a folder."),
    ],
)
def test_mistakes_are_one_line(refused, vae_bundle, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    assert message in refused(*(word.format(bundle=vae_bundle) for word in words))
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
        "attribute {b} {t}/in --data digits --label 1 --out {t}/a.png",
        "compress {b} {t}/in --out {t}/c.kgc",
        "decompress {b} {t}/c.kgc --out {t}/back",
    ]
    words = [f"{line} --provider cpu".format(b=vae_bundle, t=tmp_path) for line in lines]
    result = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines().count("set()") == len(lines)
