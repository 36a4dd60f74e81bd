"""Samples beside the training pictures nearest to them."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest
from scipy.spatial import KDTree

import serving
from keras_gen.cli import main
from keras_gen.data import open_source
from serving.common.images import grid, read_image


def flat(images):
    return images.reshape(len(images), -1).astype(np.float64)


def spreads(printed):
    """Median and minimum of the samples, then of the data."""
    found = re.findall(r"median ([\d.]+), minimum ([\d.]+)", printed)
    return [tuple(map(float, pair)) for pair in found]


def expected_spreads(points, references, own):
    tree = KDTree(references)
    distances, others = tree.query(points)[0], tree.query(own, 2)[0][:, 1]
    return [pytest.approx((np.median(part), part.min()), rel=1e-3) for part in (distances, others)]


@pytest.mark.parametrize("by", ["pixels", "codes"])
def test_a_row_is_a_sample_and_its_nearest_pictures(run, sampler, vae_bundle, tmp_path, by):
    words = ["neighbours", vae_bundle, "--data", "digits", "--by", by, "-n", 4, "--neighbours", 3, "--seed", 6]
    code, out, err = run(*words, "--drawn", 1500, "--out", tmp_path / "n.png")
    assert (code, err) == (0, "")
    samples, pictures = sampler.sample(1500, seed=6), open_source("digits").examples.images
    if by == "codes":
        points, references = sampler.encode(samples).astype(float), sampler.encode(pictures).astype(float)
    else:
        points, references = flat(samples) / 127.5, flat(pictures) / 127.5
    rows = KDTree(references).query(points[:4], 3)[1]
    expected = grid(np.concatenate([samples[:4, None], pictures[rows]], axis=1).reshape(16, 8, 8, 1), 4)
    np.testing.assert_array_equal(read_image(tmp_path / "n.png"), expected)
    assert f"by {by} to the nearest picture of digits (train)" in out
    assert spreads(out) == expected_spreads(points, references, references)


def test_copies_are_visible_in_the_numbers(run, sampler, vae_bundle, tmp_path, monkeypatch):
    """The data are the samples themselves."""
    monkeypatch.chdir(tmp_path)
    np.savez("samples.npz", images=sampler.sample(50, seed=2))
    words = ["neighbours", vae_bundle, "--data", "npz:samples.npz", "--split", "all", "--seed", 2, "--drawn", 50]
    code, out, _ = run(*words, "--out", "n.png")
    assert code == 0
    (median, minimum), (others, _) = spreads(out)
    assert median == minimum == 0 < others


def test_an_encoder_that_sees_classes_is_given_those_of_the_samples(run, tmp_path):
    small = ["--epochs", "1", "--image_size", "8", "--model.latent_dim", "4"]
    assert main(["train", "conditional_vae", "--data", "digits", "--out", str(tmp_path / "run"), *small]) == 0
    assert main(["export", str(tmp_path / "run"), "--out", str(tmp_path / "bundle")]) == 0
    words = ["neighbours", tmp_path / "bundle", "--data", "digits", "--by", "codes", "--drawn", 1500]
    digits = open_source("digits").examples
    for chosen, labels in (([], np.arange(1500) % 10), (["--class", "3"], np.full(1500, 3))):
        code, out, _ = run(*words, *chosen, "--out", tmp_path / "n.png")
        assert code == 0
        sampler = serving.load(tmp_path / "bundle")
        points = sampler.encode(sampler.sample(1500, labels=labels), labels=labels)
        references = sampler.encode(digits.images, labels=digits.labels)
        assert spreads(out) == expected_spreads(points, references, references)


def test_tensorflow_is_not_needed(vae_bundle, tmp_path):
    words = ["neighbours", str(vae_bundle), "--data", "digits", "--drawn", "20", "--out", str(tmp_path / "n.png")]
    program = (
        "import sys; from keras_gen.cli import main; assert main(sys.argv[1:]) == 0; "
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, *words], check=True, capture_output=True)
    assert (tmp_path / "n.png").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--by", "pixel"], "Did you mean 'pixels'?"),
        (["-n", "0"], "`n` must be at least 1"),
        (["--neighbours", "0"], "`neighbours` must be at least 1"),
        (["--drawn", "0"], "`drawn` must be at least 1"),
        (["--neighbours", "9", "--count", "8"], "9 neighbours must be found"),
        (["--count", "1", "--neighbours", "1"], "at least 2. Received: 1 and 1."),
        (["--out", "n.jpg"], "--out must be a file that ends in .png"),
    ],
)
def test_mistakes_are_one_line(refused, vae_bundle, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    assert message in refused("neighbours", vae_bundle, "--data", "digits", "--out", "n.png", *words)
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_that_cannot_draw_has_no_neighbours(refused, priorless_bundle, tmp_path):
    words = ["neighbours", priorless_bundle, "--data", "digits", "--out", tmp_path / "n.png"]
    assert "must be able to sample for neighbours by pixels" in refused(*words)


def test_a_bundle_without_an_encoder_has_no_codes(refused, altered_bundle, tmp_path):
    bundle = altered_bundle(lambda manifest: manifest["networks"].pop("encoder"))
    words = ["neighbours", bundle, "--data", "digits", "--by", "codes", "--out", tmp_path / "n.png"]
    assert "must be able to encode for neighbours by codes" in refused(*words)
