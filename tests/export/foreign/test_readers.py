"""Everything that reads a bundle reads those of networks of any origin."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import export
import serving
from export import Wish
from keras_gen.cli import main
from keras_gen.inversion import invert, open_decoder
from serving.common.images import read_image, to_float, write_png
from serving.common.noise import standard_normal
from tests.export.foreign.conftest import layers, lively


def pair():
    """An autoencoder's two networks, linear and orthonormal: codes are found again."""
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(192, 192)))[0][:2].astype(np.float32)
    decoder = keras.Sequential([keras.Input((2,)), layers.Dense(192, use_bias=False), layers.Reshape((8, 8, 3))])
    decoder.weights[0].assign(rotation)
    encoder = keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten(), layers.Dense(2, use_bias=False)])
    encoder.weights[0].assign(rotation.T)
    return decoder, encoder


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with pictures, and bundles of an encoder and a decoder, of the decoder alone, and of a classifier."""
    folder = tmp_path_factory.mktemp("readers")
    decoder, encoder = pair()
    export.bundle_networks(folder / "both", decoder=decoder, encoder=encoder, range=(-1.0, 1.0))
    export.bundle_networks(folder / "decoder", decoder=decoder, range=(-1.0, 1.0))
    classifier = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(10, activation="softmax")])
    export.bundle_networks(folder / "classifier", classifier=lively(classifier))
    sampler = serving.load(folder / "both")
    for name, picture in zip("abcd", sampler.sample(4, seed=1), strict=True):
        write_png(folder / "pictures" / f"{name}.png", picture)
        write_png(folder / "more" / f"{name}.png", 255 - picture)
        write_png(folder / "classed" / "train" / "kind" / f"{name}.png", picture)
        write_png(folder / "classed" / "test" / "kind" / f"{name}.png", picture)
    return folder


COMMANDS = [
    "info both",
    "sample both --n 4 --out sampled.png",
    "encode both pictures --out codes.npy",
    "reconstruct both pictures --out reconstructed.png",
    "interpolate both pictures/a.png pictures/b.png --out between.png",
    "manifold both --out manifold.png",
    "traverse both --out traversed.png",
    "latent both --data folder:classed --out latent.png",
    "attribute both pictures/a.png --positive more --negative pictures --out attributed.png",
    "invert both pictures/a.png --out inverted.png",
    "invert decoder pictures/a.png --steps 2 --out searched.png",
    "evaluate both --data folder:pictures --split all",
    "compress both pictures --out packed.kgc",
    "info classifier",
    "classify classifier --data digits --resize --count 8",
    "evaluate classifier --data digits --count 8",
]


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command(place, monkeypatch, capfd, words):
    monkeypatch.chdir(place)
    code = main(words.split())
    said = capfd.readouterr()
    assert code == 0, said.err
    if "--out" in words and words.endswith(".png"):
        assert read_image(place / words.split()[-1]).size


def test_an_inversion_without_gradients_finds_the_latents(place):
    """Of a linear decoder of orthonormal rows they are products with these rows."""
    decoder = open_decoder(place / "decoder", serving.load)
    assert not decoder.differentiable
    latents = standard_normal(3, 2, 2)
    pictures = to_float(serving.load(place / "decoder").decode(latents))
    found = invert(decoder, pictures, steps=40, restarts=1, prior_weight=0.0)
    np.testing.assert_allclose(found.latents, latents, atol=0.05)
    again = invert(decoder, pictures, steps=40, restarts=1, prior_weight=0.0)
    np.testing.assert_array_equal(found.latents, again.latents)


@pytest.mark.parametrize("kind", ["int8", "fp16"])
def test_networks_in_smaller_numbers(generator, tmp_path, kind):
    lines: list[str] = []
    bundle = export.bundle_networks(
        tmp_path / "b", decoder=generator, quantize=Wish(kind, least_psnr=15.0), say=lines.append
    )
    assert serving.load(bundle).sample(3).shape == (3, 16, 16, 3)
    assert any(kind in line for line in lines)


def test_a_model_repository(generator, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    generator.save("generator.keras")
    assert main(["bundle", "--decoder", "generator.keras", "--out", "b", "--triton", "models"]) == 0
    assert (tmp_path / "models" / "decoder" / "config.pbtxt").is_file()
    assert "triton: models, version 1" in capfd.readouterr().out


def test_a_translator_of_instance_norms_has_a_network_for_tiles(tmp_path):
    """A large picture in tiles is what it is as a whole; with statistics of each tile it would not be."""
    network = lively(
        keras.Sequential(
            [
                keras.Input((None, None, 3)),
                layers.Conv2D(8, 3, padding="same"),
                layers.GroupNormalization(-1, epsilon=1e-5),
                layers.ReLU(),
                layers.Conv2D(3, 1, activation="tanh"),
            ]
        )
    )
    bundle = export.bundle_networks(tmp_path / "b", translator=network, to="mosaic")
    ramp = np.linspace(0, 255, 96)[None, :, None] * np.ones((64, 1, 3))
    image = np.clip(ramp + np.random.default_rng(0).normal(0, 20, ramp.shape), 0, 255).astype(np.uint8)[None]
    whole = serving.load(bundle).translate(image, "mosaic").astype(int)
    tiled = serving.Translator(bundle, tile=32).translate(image, "b").astype(int)
    assert "a_to_b_tile" in serving.Manifest.read(bundle).networks
    by_themselves = np.concatenate(
        [serving.load(bundle).translate(image[:, :, left : left + 32]).astype(int) for left in (0, 32, 64)], axis=2
    )
    assert np.abs(tiled - whole).mean() < 0.35 * np.abs(by_themselves - whole).mean()
    with pytest.raises(serving.InputError, match="translates to mosaic. Received: 'horse'"):
        serving.load(bundle).translate(image, "horse")
