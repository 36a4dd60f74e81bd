"""What the C++ library makes: the pictures of Python."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto
from PIL import Image

import export
from serving import Sampler, Translator
from serving.common.images import to_uint8
from tests.serving.languages import cpp, toys
from tests.translators import noise

LANGUAGES = ["cpp"]


@pytest.mark.parametrize("seed", [0, 7, -3, 2**40 + 1, -(2**63)])
def test_the_same_seed_is_the_same_picture(language, vae_bundle, seed):
    expected = Sampler(vae_bundle, provider="cpu").sample(11, seed)
    cpp.close(language.sample(vae_bundle, 11, seed), expected)


@pytest.mark.parametrize("batch", [1, 4, 11, 1000])
def test_whatever_the_batch(language, vae_bundle, batch):
    found = language.ask("sample", vae_bundle, n=11, seed=9, batch=batch)
    np.testing.assert_array_equal(found, language.sample(vae_bundle, 20, 9)[:11])


def test_latents_are_those_of_the_index(language, vae_bundle):
    expected = Sampler(vae_bundle, provider="cpu").latents(5, seed=3, start=40)
    found = language.ask("latents", vae_bundle, n=5, seed=3, start=40)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    cpp.close(language.ask("decode", vae_bundle, found), Sampler(vae_bundle, provider="cpu").decode(found))


def test_classes_come_one_after_the_other(language, toy):
    np.testing.assert_array_equal(language.sample(toy, 7, 2), toys.expected(range(7), 2, [0, 1, 2, 0, 1, 2, 0]))
    found = language.ask("sample", toy, n=7, seed=2, batch=2)
    np.testing.assert_array_equal(found, toys.expected(range(7), 2, [0, 1, 2, 0, 1, 2, 0]))


def test_labels_and_truncation(language, toy):
    np.testing.assert_array_equal(
        language.sample(toy, 4, 5, labels=[2, 0, 0, 1], truncation=2.5),
        toys.expected(range(4), 5, [2, 0, 0, 1], truncation=2.5),
    )


def test_codes_and_classes_of_pictures(language, toy):
    images = toys.expected(range(5), 0, [0, 1, 2, 2, 1])
    np.testing.assert_array_equal(
        language.ask("encode", toy, images, labels=[0, 1, 2, 2, 1], batch=2), [[i, 0] for i in range(5)]
    )
    np.testing.assert_array_equal(language.reconstruct(toy, images, labels=[0, 1, 2, 2, 1]), images)
    column = images[:, :, 0, 0].astype(np.float32)
    np.testing.assert_allclose(language.classify(toy, images), column / column.sum(1, keepdims=True), rtol=1e-6)


def test_reconstructions_are_those_of_python(language, vae_bundle, pictures):
    images = to_uint8(pictures[:9])
    cpp.close(language.reconstruct(vae_bundle, images), Sampler(vae_bundle, provider="cpu").reconstruct(images))


def test_weights_beside_a_network(language, tmp_path):
    bundle = toys.beside(tmp_path / "beside")
    np.testing.assert_array_equal(language.sample(bundle, 4, 3), toys.expected(range(4), 3, [0, 1, 2, 0]))


def test_float_pictures_are_given_as_either(language, tmp_path):
    bundle = toys.of_floats(tmp_path / "floats")
    levels = toys.expected(range(4), 1, [0, 1, 2, 0])
    np.testing.assert_array_equal(language.sample(bundle, 4, 1), levels)
    floats = language.ask("sample", bundle, n=4, seed=1, pixel="float")
    np.testing.assert_allclose(floats, levels / 127.5 - 1, atol=1e-6)
    for given, pixel in ((levels, None), (floats, "float")):
        codes = language.ask("encode", bundle, given, labels=[0, 1, 2, 0], pixel=pixel)
        np.testing.assert_allclose(codes, [[10 + i, 0] for i in range(4)], atol=1e-4)


def test_an_exported_bundle_of_floats(language, small_vae, tmp_path):
    bundle = export.export_bundle(small_vae, tmp_path / "floats", io="float")
    expected = Sampler(bundle, provider="cpu").sample(6, 4)
    np.testing.assert_allclose(language.ask("sample", bundle, n=6, seed=4, pixel="float"), expected, atol=1e-6)
    cpp.close(language.sample(bundle, 6, 4), to_uint8(expected))


def test_bytes_are_given_as_floats(language, toy):
    found = language.ask("sample", toy, n=3, seed=0, pixel="float")
    levels = toys.expected(range(3), 0, [0, 1, 2]).astype(np.float32)
    np.testing.assert_array_equal(found, levels / np.float32(127.5) - np.float32(1))


SIZES = [(16, 16), (17, 23), (2, 2), (2, 50), (32, 32), (33, 90), (200, 70)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["inverting", "fixed", "grey"])
def test_pictures_of_any_size_are_translated(language, bundles, name, size):
    picture = noise(*size, 1 if name == "grey" else 3)
    found = language.ask("translate", bundles[name], picture[None], tile=32)
    np.testing.assert_array_equal(found[0], 255 - picture)


def test_pictures_of_one_size_are_translated_together(language, bundles):
    pictures = np.stack([noise(90, 110, seed=seed) for seed in range(9)])
    np.testing.assert_array_equal(language.ask("translate", bundles["inverting"], pictures), 255 - pictures)


@pytest.mark.parametrize("name", ["centring", "older"])
@pytest.mark.parametrize("size", [(96, 128), (33, 90), (130, 41), (200, 200)])
def test_tiles_share_the_statistics_of_the_whole(language, bundles, size, name):
    picture = noise(*size) // 2 + np.linspace(0, 100, size[1], dtype=np.uint8)[:, None]
    expected = Translator(bundles["centring"], provider="cpu", tile=32).translate(picture[None])
    cpp.close(language.ask("translate", bundles[name], picture[None], tile=32), expected)


def test_both_directions(language, bundles):
    picture = noise(20, 20)
    for domain in ("a", "b"):
        np.testing.assert_array_equal(language.translate(bundles["both"], picture, to=domain), 255 - picture)


def test_a_translator_of_floats(language, tmp_path):
    nodes = [("Neg", ["image"], ["translation"])]
    free = (TensorProto.FLOAT, ["n", "height", "width", 3])
    image = {"height": 8, "width": 8, "channels": 3, "any_size": True, "multiple": 4}
    graph = toys.model(nodes, {"image": free}, {"translation": free})
    bundle = toys.write(tmp_path / "floats", {"a_to_b": graph}, image=image, latent=None, classes=[])
    picture = noise(30, 50)
    np.testing.assert_array_equal(language.translate(bundle, picture), 255 - picture)
    np.testing.assert_array_equal(language.ask("translate", bundle, picture[None], tile=16)[0], 255 - picture)


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (7, 16), (20, 33), (33, 19), (40, 11), (41, 13)])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pictures_are_reduced_as_pillow_does_it(language, size, channels):
    picture = noise(41, 33, channels)
    bands = [Image.fromarray(picture[:, :, channel]) for channel in range(channels)]
    expected = np.stack([np.asarray(band.resize(size[::-1], Image.Resampling.BOX)) for band in bands], axis=-1)
    np.testing.assert_array_equal(language.ask("reduced", "-", picture, size=size), expected)


@pytest.mark.parametrize("size", [(4, 5), (5, 6), (8, 10), (30, 41)])
def test_borders_are_mirrored_as_numpy_does_it(language, size):
    picture = noise(4, 5)
    expected = np.pad(picture, ((0, size[0] - 4), (0, size[1] - 5), (0, 0)), mode="symmetric")
    np.testing.assert_array_equal(language.ask("mirrored", "-", picture, size=size), expected)
