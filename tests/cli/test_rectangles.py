"""Pictures that are not square, from the command line to the bundle."""

from __future__ import annotations

import json

import numpy as np
import pytest

from serving import Translator, load
from serving.common.images import read_image, write_png

TRANSLATOR = ["--model.generator", "{name: resnet, filters: 2, blocks: 1}"]
TRANSLATOR += ["--model.discriminator", "{name: patchgan, receptive_field: 16, filters: 2}"]


@pytest.fixture
def photographs(tmp_path):
    random = np.random.default_rng(0)
    for domain in ("a", "b"):
        for split in ("train", "test"):
            for index in range(4):
                write_png(tmp_path / domain / split / f"{index}.png", random.integers(0, 256, (30, 50, 3), np.uint8))
    return tmp_path


def test_a_vae_of_wide_pictures(photographs, run):
    out, bundle = photographs / "run", photographs / "bundle"
    words = ["--data", f"folder:{photographs / 'a'}", "--image_size", "8x16", "--batch_size", 2, "--epochs", 1]
    code, said, _ = run("train", "vae", *words, "--out", out)
    assert (code, "4 pictures of 8x16x3" in said) == (0, True)
    assert run("export", out, "--out", bundle)[0] == 0
    image = json.loads((bundle / "manifest.json").read_text())["image"]
    assert (image["height"], image["width"]) == (8, 16)
    assert load(bundle).sample(3, seed=1).shape == (3, 8, 16, 3)
    code, _, _ = run("evaluate", bundle, "--data", f"folder:{photographs / 'a'}", "--drawn", 4)
    assert code == 0
    assert (
        run("reconstruct", bundle, photographs / "a" / "test", "--resize", "--out", photographs / "pairs.png")[0] == 0
    )


def test_crops_of_prepared_pairs(photographs, run):
    pairs, out = f"pairs:{photographs / 'a'},{photographs / 'b'}", photographs / "run"
    sizes = ["--load_size", "20x36", "--image_size", "16x32"]
    assert run("prepare", pairs, "--out", photographs / "prepared", *sizes)[0] == 0
    shapes = json.loads((photographs / "prepared" / "prepared.json").read_text())["image_shapes"]
    assert shapes == {"train": [20, 36, 3], "test": [16, 32, 3]}
    words = ["--data", f"prepared:{photographs / 'prepared'}", *sizes, *TRANSLATOR, "--validation", "--mirror"]
    code, said, _ = run("train", "pix2pix", *words, "--batch_size", 2, "--epochs", 1, "--out", out)
    assert (code, "4 pairs of 16x32x3" in said) == (0, True)
    assert run("export", out, "--out", photographs / "bundle")[0] == 0
    translator = Translator(photographs / "bundle", provider="cpu")
    assert (translator.image.height, translator.image.width) == (16, 32)
    picture = read_image(photographs / "a" / "test" / "0.png")
    assert translator.translate(picture[None]).shape == (1, 30, 50, 3)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--image_size", "8x"], "`image_size` must be a side, or HEIGHTxWIDTH as in 64x256. Received: 8x."),
        (["--image_size", "8x8x8"], "HEIGHTxWIDTH"),
        (["--image_size", "8x0"], "`image_size` must be at least 1. Received: 8x0."),
        (["--load_size", "20x20", "--image_size", "16x32"], "--load-size must be at least --image-size"),
    ],
)
def test_mistakes(refused, photographs, words, message):
    pairs = f"pairs:{photographs / 'a'},{photographs / 'b'}"
    out = ["--out", photographs / "out"]
    assert message in refused("prepare", pairs, *words, *out)
    assert message in refused("train", "pix2pix", "--data", pairs, *words, *out)
