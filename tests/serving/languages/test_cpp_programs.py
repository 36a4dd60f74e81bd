"""The programs of the C++ library, and what they say where they are called wrongly."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from serving import Sampler, Translator
from serving.common.images import grid, read_image, write_picture, write_png
from tests.serving.languages import cpp, toys
from tests.translators import noise

LANGUAGES = ["cpp"]


def test_the_program_draws_the_grid_of_python(sanitized, vae_bundle, tmp_path):
    out = tmp_path / "new" / "out.png"
    result = cpp.run(sanitized.program("sample"), vae_bundle, 10, 7, out, "--batch_size", 3, "--threads=1")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"10 pictures of seed 7: {out}\n"
    cpp.close(read_image(out), grid(Sampler(vae_bundle, provider="cpu").sample(10, 7)))


@pytest.mark.parametrize(
    ("options", "labels", "truncation", "columns"),
    [([], [0, 1, 2, 0, 1], np.inf, 3), (["--label", "two", "--truncation", "2.5"], [2] * 5, 2.5, None)],
)
def test_the_program_draws_classes(sanitized, toy, tmp_path, options, labels, truncation, columns):
    result = cpp.run(sanitized.program("sample"), toy, 5, -4, tmp_path / "out.png", *options, "--provider", "cpu")
    assert (result.returncode, result.stderr) == (0, "")
    expected = grid(toys.expected(range(5), -4, labels, truncation), columns)
    np.testing.assert_array_equal(read_image(tmp_path / "out.png"), expected)


def test_the_program_translates(sanitized, bundles, tmp_path):
    for name, tile in (("picture.png", 768), ("picture.jpg", 16), ("picture.png", 8)):
        write_picture(tmp_path / name, noise(37, 29))
        result = cpp.run(sanitized.program("translate"), bundles["both"], tmp_path / name, tmp_path / "out.png",
                     "--to", "a", "--tile", tile, "--threads", 2)  # fmt: skip
        assert (result.returncode, result.stderr) == (0, "")
        cpp.close(read_image(tmp_path / "out.png"), 255 - read_image(tmp_path / name))


def test_the_program_draws_bands_as_an_array_or_as_what_a_grid_shows(sanitized, families, tmp_path):
    expected = Sampler(families["vae_gan"], provider="cpu").sample(5, 7)
    result = cpp.run(sanitized.program("sample"), families["vae_gan"], 5, 7, tmp_path / "out.png")
    assert result.stdout == f"5 pictures of seed 7, the first 3 of 5 channels: {tmp_path / 'out.png'}\n"
    cpp.close(read_image(tmp_path / "out.png"), grid(expected))
    result = cpp.run(sanitized.program("sample"), families["vae_gan"], 5, 7, tmp_path / "out.npy")
    assert result.stdout == f"5 pictures of seed 7: {tmp_path / 'out.npy'}\n"
    cpp.close(np.load(tmp_path / "out.npy"), expected)


def test_the_program_translates_any_number_of_channels(sanitized, bundles, tmp_path):
    translate, bands, opacity = sanitized.program("translate"), noise(9, 14, 5), noise(9, 14, 4)
    np.save(tmp_path / "in.npy", bands)
    assert cpp.run(translate, bundles["bands"], tmp_path / "in.npy", tmp_path / "out.npy").returncode == 0
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), 255 - bands)
    line = cpp.refused(translate, bundles["bands"], tmp_path / "in.npy", tmp_path / "out.png")
    assert "must end in .npy for pictures of 5 channels. Received: " in line
    write_png(tmp_path / "in.png", opacity)
    line = cpp.refused(translate, bundles["bands"], tmp_path / "in.png", tmp_path / "out.npy")
    assert "in.png must be a .npy file for a bundle of 5 channels. Received: a picture file." in line
    for name in ("out.png", "out.npy"):
        assert cpp.run(translate, bundles["opacity"], tmp_path / "in.png", tmp_path / name).returncode == 0
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), 255 - opacity)
    np.testing.assert_array_equal(read_image(tmp_path / "out.png", channels=4), 255 - opacity)


def test_what_the_library_does_is_clean(sanitized, toy, bundles, tmp_path):
    """Under the sanitizers, which end a process at the first thing that is wrong and at a leak."""
    np.testing.assert_array_equal(sanitized.sample(toy, 3, 1, [2, 1, 0]), toys.expected(range(3), 1, [2, 1, 0]))
    images = toys.expected(range(3), 0, [0, 1, 2])
    np.testing.assert_array_equal(sanitized.reconstruct(toy, images, [0, 1, 2]), images)
    assert sanitized.classify(toy, images).shape == (3, 3)
    beside, floats = toys.beside(tmp_path / "beside"), toys.of_floats(tmp_path / "floats")
    np.testing.assert_array_equal(sanitized.sample(beside, 3, 1), sanitized.sample(floats, 3, 1))
    picture = noise(70, 41)
    assert sanitized.ask("translate", bundles["centring"], picture[None], tile=32).shape == (1, 70, 41, 3)
    clear = noise(70, 41, 4)
    clear[:, :20, 3] = 0
    expected = Translator(bundles["opacity"], provider="cpu", tile=32).translate(clear[None])
    cpp.close(sanitized.ask("translate", bundles["opacity"], clear[None], tile=32), expected)


def test_threads_may_share_a_sampler(sanitized, toy):
    found = sanitized.ask("threads", toy, n=20, seed=3)
    np.testing.assert_array_equal(found, np.tile(toys.expected(range(20), 3, np.arange(20) % 3), (4, 1, 1, 1)))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["0", "7", "out.png"], "`n` must be at least 1. Received: 0."),
        (["x", "7", "out.png"], "N must be an integer. Received: 'x'."),
        (["4", "7.5", "out.png"], "SEED must be an integer. Received: '7.5'."),
        (["4", "9223372036854775808", "out.png"], "SEED must be an integer. Received: '9223372036854775808'."),
        (["4", "7"], "4 words must be given. Received: 3; --help shows them."),
        (["4", "7", "out.jpg"], "the file to write must end in .png or .npy. Received: out.jpg."),
        (["4", "7", "out.png", "--size", "4"], "options must be among --batch_size, --label"),
        (["4", "7", "out.png", "--label"], "--label must have a value. Received: the option alone."),
        (["4", "7", "out.png", "--label", "three"], "--label must be one of zero, one, two. Received: 'three'."),
        (["4", "7", "out.png", "--truncation", "0"], "`truncation` must be above 0. Received: 0.0"),
        (["4", "7", "out.png", "--truncation", "nan"], "`truncation` must be above 0. Received: nan."),
        (["4", "7", "out.png", "--batch_size", "0"], "`batch_size` must be at least 1. Received: 0."),
        (["4", "7", "out.png", "--threads", "0"], "--threads must be at least 1. Received: 0."),
        (["4", "7", "out.png", "--threads", "10000"], "`threads` must be at most 1024. Received: 10000."),
        (["4", "7", "out.png", "--provider", "gpu"], "`provider` must be one of auto, cpu, cuda, openvino."),
        (
            ["4", "7", "out.png", "--precision", "float16"],
            "`precision` must be one of float32, bfloat16. Received: 'fl",
        ),
        (["4", "7", "out.png", "--precision", "bfloat16"], "`precision` must be float32 with provider 'auto'; only"),
    ],
)
def test_mistakes_in_words_are_one_line(sanitized, toy, tmp_path, words, message):
    words = [str(tmp_path / word) if word == "out.png" else word for word in words]
    assert cpp.refused(sanitized.program("sample"), toy, *words).startswith(f"sample: {message}")
    assert not (tmp_path / "out.png").exists()


def test_a_library_without_openvino_says_what_to_take(language, toy, tmp_path):
    if "OpenVINOExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("needs a library without OpenVINO")
    line = cpp.refused(language.program("sample"), toy, 4, 7, tmp_path / "out.png", "--provider", "openvino")
    assert "the library of the Python package onnxruntime-openvino. Received: an ONNX Runtime that was built" in line


def test_more_pictures_than_memory_are_one_line(language, toy, tmp_path):
    """Without a sanitizer, which ends a process that asks for too much."""
    for n in (10**15, 2**62):
        line = cpp.refused(language.program("sample"), toy, n, 7, tmp_path / "out.png")
        assert re.search(r"must fit into memory\. Received: ", line)


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_latents_that_are_not_finite_are_one_line(sanitized, toy, value):
    with pytest.raises(subprocess.CalledProcessError) as error:
        sanitized.ask("decode", toy, np.array([[0, value]], np.float32), labels=[0])
    assert error.value.stderr == "driver: `latents` must be finite. Received: nan or inf.\n"


def test_more_latents_than_memory_are_one_line(language, toy):
    with pytest.raises(subprocess.CalledProcessError) as error:
        language.ask("latents", toy, n=10**15, seed=1)
    assert "driver: arrays must fit into memory. Received: the shape (1000000000000000, 2)." in error.value.stderr


def test_cuda_without_a_driver_is_one_line(language, toy, tmp_path):
    if Path("/dev/nvidiactl").exists():
        pytest.skip("this machine has a driver")
    line = cpp.refused(language.program("sample"), toy, 4, 7, tmp_path / "out.png", "--provider", "cuda")
    assert "provider 'cuda' needs an ONNX Runtime built for it, an NVIDIA driver and CUDA. Received: " in line


def test_options_that_a_bundle_cannot_take_are_one_line(sanitized, vae_bundle, bundles, tmp_path):
    sample, out = sanitized.program("sample"), tmp_path / "out.png"
    assert "whose noise takes none. Received: 0.5" in cpp.refused(sample, vae_bundle, 4, 7, out, "--truncation", 0.5)
    assert "--label must be left out" in cpp.refused(sample, vae_bundle, 4, 7, out, "--label", "zero")
    assert "must have the network 'decoder'" in cpp.refused(sample, bundles["both"], 4, 7, out)
    write_png(tmp_path / "in.png", noise(8, 8))
    words = (tmp_path / "in.png", out)
    translate = sanitized.program("translate")
    assert "translates to a or b. Received: none." in cpp.refused(translate, bundles["both"], *words)
    assert "translates to b. Received: 'a'." in cpp.refused(translate, bundles["inverting"], *words, "--to", "a")
    assert "`tile` must be at least 8. Received: 7." in cpp.refused(translate, bundles["both"], *words, "--tile", 7)
    assert "must translate. Received: a bundle of 'vae'." in cpp.refused(translate, vae_bundle, *words)
    line = cpp.refused(translate, bundles["inverting"], *words, "--variants", 4)
    assert "--variants must be left out for" in line
    assert "which has one answer to each picture. Received: 4." in line
