"""The page in a headless Chromium, and its pictures beside those of Python."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import struct
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import serving
from serving.common.environment import PAGE_TESTS
from serving.common.images import grid, read_image, to_uint8
from serving.latents.attributes import direction
from serving.latents.stored_codes import read_codes
from tests.serving.languages import chromium
from tests.serving.page import films
from tests.serving.page.conftest import SAMPLED

DRAWN = 7
SEED = -(2**40)
WALLS = [
    *({"bundle": name, "hash": f"seed={SEED}", "n": DRAWN} for name in SAMPLED),
    {"bundle": "biggan", "hash": "seed=9&class=2&truncation=0.7", "n": DRAWN},
]
# Rounding is one grey level where two runtimes add in different orders.
LEVEL = 1


@pytest.fixture(scope="module")
def run(site, built, tmp_path_factory):
    """Runs a file of the page's tests, and returns what they recorded."""

    def run(name: str) -> list[dict]:
        record = tmp_path_factory.mktemp(name) / "record.jsonl"
        record.touch()
        given = {key: value for key, value in site.items() if key != "site"}
        given |= {"walls": WALLS, "record": str(record), "chromium": chromium.browser()}
        done = subprocess.run(
            ["node", "--test", "--test-reporter=spec", f"test/{name}.test.mjs"],
            cwd=built / "serving" / "page",
            env={**os.environ, PAGE_TESTS.name: json.dumps(given)},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        return [json.loads(line) for line in record.read_text().splitlines()]

    return run


@pytest.fixture(scope="module")
def bundles(families, coded):
    """Name -> the whole bundle, of which a site has what the page needs."""
    return {
        **families,
        "coded": coded,
        "maps": families["cyclegan"],
        "plans": families["cyclegan"],
        "larger": families["cyclegan"],
    }


@pytest.fixture(scope="module")
def open_bundle(bundles):
    return lambda name: serving.load(bundles[name])


def pixels(picture: dict) -> np.ndarray:
    """(height, width, 4), as a canvas has them."""
    data = np.frombuffer(base64.b64decode(picture["data"]), np.uint8)
    return data.reshape(picture["height"], picture["width"], 4)


def assert_shows(shown: dict, picture: np.ndarray) -> None:
    """A canvas has red, green and blue of a picture; of more channels the first three."""
    expected = np.repeat(picture, 3, axis=-1) if picture.shape[-1] == 1 else picture[..., :3]
    assert np.abs(pixels(shown)[..., :3].astype(int) - expected).max() <= LEVEL


def png(content: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB"))


def latent(text: str) -> np.ndarray:
    content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return np.array(struct.unpack(f"<{len(content) // 4}f", content), np.float32)


def test_the_shell(run):
    assert run("shell") == []


def test_the_wall(run, open_bundle, bundles, tmp_path, monkeypatch):
    recorded = run("wall")
    walls = [entry for entry in recorded if "hash" in entry]
    assert len(walls) == len(WALLS)
    for entry in walls:
        asked = dict(word.split("=") for word in entry["hash"].split("&"))
        labels = [int(asked["class"])] * DRAWN if "class" in asked else None
        truncation = float(asked["truncation"]) if "truncation" in asked else None
        sampler = open_bundle(entry["bundle"])
        expected = sampler.sample(DRAWN, seed=int(asked["seed"]), labels=labels, truncation=truncation)
        assert expected.std() > 10
        for shown, picture in zip(entry["pictures"], expected, strict=True):
            assert_shows(shown, picture)
    one, every = (entry for entry in recorded if "png" in entry)
    drawn = open_bundle("coded").sample(60, seed=3)
    assert np.abs(png(one["png"])[..., :1].astype(int) - drawn[5]).max() <= LEVEL
    tiles = png(every["png"])[..., 0].reshape(6, 8, 10, 8).swapaxes(1, 2).reshape(60, 8, 8, 1)
    assert np.abs(tiles.astype(int) - drawn).max() <= LEVEL

    (entry,) = (entry for entry in recorded if "programs" in entry)
    assert set(entry["programs"]) == {"Python", "C++", "JavaScript", "curl"}
    shutil.copytree(bundles["biggan"], tmp_path / "bundles" / "biggan")
    monkeypatch.chdir(tmp_path)
    exec(entry["programs"]["Python"], {})
    assert_shows(entry["picture"], read_image(Path("picture.png")))


def test_the_latent_space(run, open_bundle, bundles):
    recorded = run("latent")
    shown = [entry for entry in recorded if "picture" in entry]
    assert {entry["bundle"] for entry in shown} == {"coded", "vae", "conditional_vae", "biggan"}
    for entry in shown:
        labels = [entry["label"]] if entry.get("label") is not None else None
        (expected,) = open_bundle(entry["bundle"]).decode(latent(entry["z"])[None], labels=labels)
        assert_shows(entry["picture"], expected)

    codes = read_codes(bundles["coded"])
    (code,) = (entry["code"] for entry in recorded if "code" in entry)
    assert (codes.codes == latent(code)).all(axis=1).any()
    (moved,) = (entry for entry in recorded if "attribute" in entry)
    of_class = codes.labels == moved["attribute"]
    begun = open_bundle("coded").latents(1, seed=0)[0]
    expected = begun + direction(codes.codes[of_class], codes.codes[~of_class])
    np.testing.assert_allclose(latent(moved["z"]), expected, atol=1e-4)

    films = {entry["film"]: io.BytesIO(base64.b64decode(entry["content"])) for entry in recorded if "film" in entry}
    gif = Image.open(films["gif"])
    # From the first point to the second in 24 steps, and back without either end.
    assert (gif.n_frames, gif.size) == (48, (256, 256))
    with av.open(films["webm"]) as film:
        assert (film.streams.video[0].width, film.streams.video[0].height) == (256, 256)
        assert sum(1 for _ in film.decode(video=0)) > 10


def shown_input(entry: dict, channels: int) -> np.ndarray:
    """What is on the board, as the bundle's networks take it."""
    image = Image.fromarray(pixels(entry["input"]), "RGBA")
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[channels]
    return np.asarray(image.convert(mode)).reshape(image.height, image.width, channels)


def test_encoding(run, bundles):
    recorded = run("encode")
    decoded = [entry for entry in recorded if "output" in entry]
    assert {entry["bundle"] for entry in decoded} == {"coded", "conditional_vae", "denoising_autoencoder"}
    for entry in decoded:
        labels = [entry["label"]] if "label" in entry else None
        given = shown_input(entry, 1)
        (expected,) = serving.load(bundles[entry["bundle"]]).reconstruct(given[None], labels=labels)
        assert_shows(entry["output"], expected)
        if "figures" in entry:
            error = pixels(entry["output"])[..., :1].astype(float) - given
            psnr = 10 * np.log10(255**2 / (error**2).mean())
            words = f"Mean absolute error {np.abs(error).mean():.1f} of 255 grey levels. PSNR {psnr:.1f} dB."
            assert entry["figures"] == words

    (classified,) = (entry for entry in recorded if "shares" in entry)
    (expected,) = serving.load(bundles["dann"]).classify(shown_input(classified, 1)[None])
    np.testing.assert_allclose(classified["shares"], expected, atol=1e-4)
    assert classified["said"] == [f"{100 * share:.1f} %" for share in classified["shares"]]

    (near,) = (entry for entry in recorded if "nearest" in entry)
    codes = read_codes(bundles["coded"])
    sampler = serving.load(bundles["coded"])
    (code,) = sampler.encode(shown_input(near, 1)[None])
    order = np.argsort(((codes.codes - code) ** 2).sum(axis=1), kind="stable")[:8]
    names = sampler.manifest.classes or range(10)
    assert near["nearest"] == [str(names[codes.labels[row]]) for row in order]


def test_translating(run, bundles):
    recorded = run("translate")
    translated = [entry for entry in recorded if "bundle" in entry]
    assert {(entry["bundle"], entry["to"]) for entry in translated} == {
        ("cut", "b"),
        ("cyclegan", "a"),
        ("cyclegan", "b"),
        ("larger", "b"),
        ("maps", "b"),
        ("plans", "b"),
        ("pix2pix", "b"),
        ("star_gan", "zero"),
        ("star_gan", "two"),
    }
    for entry in translated:
        channels = 4 if entry.get("opacity") else 3
        given = png(entry["png"]) if "png" in entry else shown_input(entry, channels)
        # The page takes smaller tiles, for the memory of a tab.
        translator = serving.Translator(bundles[entry["bundle"]], tile=512)
        answering = translator.answering(entry["seed"]) if "seed" in entry else translator
        (expected,) = answering.translate(given[None], entry["to"])
        if channels == 4:
            # Canvases keep colours multiplied by their opacity, in 8 bits.
            shown = pixels(entry["output"]).astype(int)
            assert np.abs(shown[..., 3] - expected[..., 3]).max() <= LEVEL
            seen = expected[..., 3] > 200
            assert np.abs(shown[seen] - expected[seen]).max() <= 2 * LEVEL
        else:
            assert_shows(entry["output"], expected)
    (kept,) = (entry for entry in recorded if "png" in entry and "bundle" not in entry)
    np.testing.assert_array_equal(png(kept["png"]), pixels(kept["output"])[..., :3])


def test_how_a_model_was_learned(run, site):
    recorded = run("learned")
    faces = [entry for entry in recorded if "faces" in entry]
    assert [entry["faces"] for entry in faces] == [0, 1, 4, 2]
    for entry in faces:
        assert_shows(entry["picture"], grid(to_uint8(films.pictures(entry["faces"])), zoom=1))
    (entry,) = (entry for entry in recorded if "samples" in entry)
    # 640 pixels from -1.25 to 1.25, the second coordinate upwards.
    x, y = ((films.point_frame(0, 1)["samples"] * (1, -1) + 1.25) * 256).astype(int).T
    pink = (pixels(entry["samples"])[..., :3] == (255, 143, 192)).all(axis=-1)
    assert pink[y, x].all()
    # Dots of 4.4 pixels, blended at their borders.
    assert pink.sum() <= 20 * 5**2
