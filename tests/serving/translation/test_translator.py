from __future__ import annotations

import shutil

import numpy as np
import pytest

import serving
from serving import InputError, Sampler, Translator
from tests.translators import noise


@pytest.mark.parametrize("size", [(16, 16), (17, 23), (2, 2), (2, 50), (32, 32), (33, 90), (200, 70)])
@pytest.mark.parametrize("name", ["inverting", "fixed"])
def test_any_size_is_translated(bundles, name, size):
    translator = Translator(bundles[name], provider="cpu", tile=32)
    picture = noise(*size)
    np.testing.assert_array_equal(translator.translate(picture[None])[0], 255 - picture)


def test_fixed_batches_are_the_same_translations(bundles):
    """Of more sizes than are kept."""
    translator = Translator(bundles["inverting"], provider="cpu", tile=32, fixed_batches=True)
    for side in [*range(2, 33, 4)] * 2:
        pictures = np.stack([noise(side, 12, seed=seed) for seed in range(6)])
        np.testing.assert_array_equal(translator.translate(pictures), 255 - pictures)


def test_warmed_up_nothing_is_read_any_more(bundles, tmp_path):
    copy = shutil.copytree(bundles["both"], tmp_path / "copy")
    translator = serving.load(copy, provider="cpu", spinning=False)
    translator.warm_up(9, 7)
    shutil.rmtree(copy)
    pictures = noise(9, 7)[None]
    for to in "ab":
        np.testing.assert_array_equal(translator.translate(pictures, to), 255 - pictures)
    assert translator.execution.provider == "cpu"


def test_statistics_are_those_of_the_picture(bundles):
    picture = noise(16, 16)
    translator = Translator(bundles["centring"], provider="cpu")
    np.testing.assert_allclose(translator.statistics(picture), picture.mean((0, 1))[None], rtol=1e-5)
    with pytest.raises(InputError, match="must have the network 'a_to_b_tile'"):
        Translator(bundles["inverting"], provider="cpu").statistics(picture)


def test_pictures_of_one_size_are_translated_together(translator):
    pictures = np.stack([noise(9, 11, seed=seed) for seed in range(5)])
    np.testing.assert_array_equal(translator.translate(pictures, to="b"), 255 - pictures)


@pytest.mark.parametrize(
    ("size", "expected"), [((16, 16), 4), ((32, 32), 1), ((13, 13), 4), ((4, 4), 16), ((99, 9), 1)]
)
def test_no_more_pixels_than_a_tile_at_once(translator, size, expected):
    assert translator.at_once(*size) == expected


def test_nor_more_than_is_fast(bundles):
    assert Translator(bundles["inverting"], provider="cpu").at_once(128, 128) == 4


@pytest.mark.parametrize("name", ["centring", "older"])
def test_tiles_share_the_statistics_of_the_whole(bundles, name):
    """Two halves of different brightness: by statistics of their own both would become equally bright."""
    picture = np.concatenate([noise(96, 64) // 4, 160 + noise(96, 64, seed=1) // 4], axis=1)
    translator = Translator(bundles[name], provider="cpu", tile=32)
    expected = np.clip(picture.astype(float) + 128 - picture.mean((0, 1)), 0, 255)
    found = translator.translate(picture[None])[0]
    # The whole is looked at with a quarter of its sides.
    assert np.abs(found - expected).max() <= 2


def test_a_bundle_says_what_it_is(bundles, vae_bundle):
    assert isinstance(serving.load(bundles["both"], provider="cpu"), Translator)
    assert isinstance(serving.load(vae_bundle, provider="cpu"), Sampler)
    assert Translator(bundles["both"]).targets == ("a", "b")
    assert Translator(bundles["centring"]).targets == ("b",)
    with pytest.raises(InputError, match="must translate. Received: a bundle of 'vae'"):
        Translator(vae_bundle)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.translate(noise(8, 8)), r"shape \(n, height, width, 3\). Received: \(8, 8, 3\)"),
        (lambda t: t.translate(noise(8, 8, 1)[None]), r"shape \(n, height, width, 3\)"),
        (lambda t: t.translate(noise(8, 8)[None] / 255), "must be uint8. Received: float64"),
        (lambda t: t.translate(noise(8, 1)[None]), "sides of at least 2 pixels. Received: 1x8"),
        (lambda t: t.translate(noise(8, 8)[None], to="a"), "translates to b. Received: 'a'"),
        (lambda t: t.translate([[[1], [1, 2]]]), "`images` must be an array. Received: "),
        (lambda t: Translator(t.bundle, tile=8.0), "`tile` must be an integer of at least 8. Received: 8.0"),
        (lambda t: Translator(t.bundle, tile=7), "`tile` must be an integer of at least 8. Received: 7"),
    ],
)
def test_mistakes_are_named(translator, change, message):
    with pytest.raises(InputError, match=message):
        change(translator)


def test_a_direction_must_be_said_where_there_are_two(bundles):
    with pytest.raises(InputError, match="translates to a or b. Received: None"):
        Translator(bundles["both"]).translate(noise(8, 8)[None])
