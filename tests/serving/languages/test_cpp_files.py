"""Picture files in C++: read as Python reads them, or refused in a line."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from serving.common.array_files import read_picture
from serving.common.images import read_image, read_with_opacity, write_picture
from serving.common.levels import Levels
from tests import profiles
from tests.png import write_png_file
from tests.serving.languages import cpp, toys
from tests.translators import noise

LANGUAGES = ["cpp"]


def oriented(way):
    exif = Image.Exif()
    exif[0x0112] = way
    return {"exif": exif}


def stripes(mode):
    """A picture of a mode with some of everything in it."""
    levels = np.add.outer(np.arange(9) * 20, np.arange(14) * 5).astype(np.uint8)
    if mode == "I;16":
        return Image.fromarray(levels.astype(np.uint16) * 250)
    if mode == "1":
        return Image.fromarray((levels > 90) * np.uint8(255)).convert("1")
    colour = Image.fromarray(np.stack([levels, 255 - levels, levels // 2, np.roll(levels, 3)], -1), "RGBA")
    return colour if mode == "RGBA" else colour.convert("RGB").quantize(16) if mode == "P" else colour.convert(mode)


def test_numbers_of_16_bits_in_a_range(language, tmp_path):
    file = tmp_path / "deep.png"
    stripes("I;16").save(file)
    found = language.ask("read", "-", **{"in": file, "channels": 1, "black": 1000, "white": 41000})
    np.testing.assert_array_equal(found[0], read_image(file, levels=Levels((1000, 41000))))
    stripes("L").save(file)
    found = language.ask("read", "-", **{"in": file, "channels": 1, "black": 1000, "white": 41000})
    np.testing.assert_array_equal(found[0], read_image(file), "what a bundle writes has 8 bits and is read as it is")
    write_png_file(file, np.zeros((2, 2, 3)), depth=16)
    words = ("read", "-", tmp_path / "out", f"in={file}", "black=0", "white=41000")
    assert "deep.png must be grey, or have 8 bits" in cpp.refused(language.driver, *words)


def test_16_bits_with_a_transparent_level_are_read_as_python_reads_them(language, tmp_path):
    numbers = np.add.outer(np.arange(9) * 5000, np.arange(4) * 250)[..., None]
    write_png_file(tmp_path / "deep.png", numbers, depth=16, transparent=5250)
    found = language.ask("read", "-", **{"in": tmp_path / "deep.png", "channels": 1})
    np.testing.assert_array_equal(found[0], read_image(tmp_path / "deep.png", channels=1))
    assert found[0, 1, 1] == 255


@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_colour_profiles_are_applied_as_python_applies_them(language, tmp_path, kind):
    p3, gamma = profiles.rgb_profile(profiles.DISPLAY_P3), profiles.rgb_profile(profiles.SRGB, 1.8)
    cases = [("RGB", p3), ("RGBA", p3), ("RGB", gamma), ("L", profiles.grey_profile(1.8))]
    for mode, profile in (case for case in cases if kind == "png" or case[0] != "RGBA"):
        file = tmp_path / f"{mode}.{kind}"
        stripes(mode).save(file, icc_profile=profile, **({"subsampling": 0} if kind == "jpg" else {}))
        found = language.ask("read", "-", **{"in": file, "channels": 3})
        expected = read_image(file, channels=3)
        np.testing.assert_allclose(found[0].astype(int), expected, atol=3)
        assert np.abs(expected.astype(int) - np.asarray(stripes(mode).convert("RGB"))).max() > 10


def test_srgb_is_left_as_it_is_and_what_cannot_be_applied_is_said(language, bundles, tmp_path):
    file, picture = tmp_path / "a.png", stripes("RGB")
    picture.save(file, icc_profile=profiles.rgb_profile(profiles.SRGB))
    np.testing.assert_array_equal(language.ask("read", "-", **{"in": file, "channels": 3})[0], np.asarray(picture))
    lab = bytearray(profiles.rgb_profile(profiles.DISPLAY_P3))
    lab[20:24] = b"Lab "
    for profile, reason in ((bytes(lab), "it is no matrix of red, green and blue"), (b"x" * 200, "it is")):
        picture.save(tmp_path / "a.jpg", icc_profile=profile)
        result = cpp.run(language.program("translate"), bundles["inverting"], tmp_path / "a.jpg", tmp_path / "b.png")
        assert result.returncode == 0
        (line,) = result.stderr.splitlines()
        assert "a.jpg has a colour profile that is left aside: " + reason in line


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("mode", "kind", "options"),
    [
        *[(mode, "png", {}) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")],
        ("P", "png", {"transparency": 3}),
        ("L", "png", {"transparency": 40}),
        ("L", "jpg", {}),
        ("RGB", "jpg", {"subsampling": 0}),
        ("RGB", "jpg", {"progressive": True}),
        *[("RGB", "jpg", {"subsampling": 0, **oriented(way)}) for way in range(1, 9)],
        ("RGB", "png", oriented(6)),
    ],
)
def test_files_are_read_as_python_reads_them(language, tmp_path, mode, kind, options, channels):
    file = tmp_path / f"picture.{kind}"
    stripes(mode).save(file, **options)
    found = language.ask("read", "-", **{"in": file, "channels": channels, "write": tmp_path / "written.png"})
    expected, opacity = read_with_opacity(file, channels)
    # Of JPEG, two decoders may round a colour apart.
    np.testing.assert_allclose(found[0].astype(int), expected, atol=0 if kind == "png" else 2)
    with Image.open(tmp_path / "written.png") as written:
        assert written.has_transparency_data == (opacity is not None or channels in (2, 4))
        if opacity is None:
            np.testing.assert_array_equal(np.asarray(written).reshape(found[0].shape), found[0])
        if opacity is not None:
            np.testing.assert_array_equal(np.asarray(written.convert("RGBA"))[:, :, 3], opacity)
            np.testing.assert_array_equal(np.asarray(written.convert("RGB"))[:, :, 0], found[0, :, :, 0])


def test_arrays_are_read_and_written_with_any_number_of_channels(sanitized, tmp_path):
    file, written = tmp_path / "in.npy", tmp_path / "out.npy"
    for array in (noise(9, 14, 5), noise(9, 14, 2), noise(9, 14, 1)[..., 0]):
        np.save(file, array)
        channels = array.shape[2] if array.ndim == 3 else 1
        found = sanitized.ask("read", "-", **{"in": file, "channels": channels, "npy": written})
        np.testing.assert_array_equal(found[0], array.reshape(9, 14, channels))
        np.testing.assert_array_equal(np.load(written), found[0])
    deep = np.arange(9 * 14 * 5, dtype=np.uint16).reshape(9, 14, 5) * 100
    np.save(file, deep)
    for options, levels in (({}, Levels()), ({"black": 1000, "white": 41000}, Levels((1000, 41000)))):
        found = sanitized.ask("read", "-", **{"in": file, "channels": 5, **options})
        np.testing.assert_array_equal(found[0], read_picture(file, 5, 1000, levels))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (noise(9, 14, 4), "must hold a picture (height, width, 5). Received: (9, 14, 4)."),
        (noise(9, 14, 1)[..., 0], "must hold a picture (height, width, 5). Received: (9, 14)."),
        (np.zeros((0, 4, 5), np.uint8), "must hold a picture (height, width, 5). Received: (0, 4, 5)."),
        (np.zeros((50, 60, 5), np.uint8), "must have at most 2500 pixels. Received: 60x50."),
        (np.zeros((4, 4, 5)), "must hold uint8 or uint16. Received: '<f8'."),
        (np.asfortranarray(noise(9, 14, 5)), "must be a .npy file. Received: an array in Fortran's order."),
    ],
)
def test_arrays_that_a_bundle_cannot_take_are_one_line(sanitized, bundles, tmp_path, array, message):
    np.save(tmp_path / "in.npy", array)
    words = (bundles["bands"], tmp_path / "in.npy", tmp_path / "out.npy", "--max_pixels", 2500)
    assert message in cpp.refused(sanitized.program("translate"), *words)


def test_arrays_that_end_early_are_one_line(sanitized, bundles, tmp_path):
    np.save(tmp_path / "whole.npy", noise(9, 14, 5))
    content = (tmp_path / "whole.npy").read_bytes()
    header, values = "a header that is cut off", "values that are cut off"
    for size, part in ((7, header), (40, header), (128, values), (len(content) - 1, values)):
        (tmp_path / "in.npy").write_bytes(content[:size])
        line = cpp.refused(sanitized.program("translate"), bundles["bands"], tmp_path / "in.npy", tmp_path / "out.npy")
        assert f"in.npy must be a .npy file. Received: {part}." in line


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda file: file.unlink(), "must be a picture. Received: no such file"),
        (lambda file: (file.unlink(), file.mkdir()), "must be a picture. Received: no file"),
        (lambda file: file.write_bytes(b""), "must be a readable picture. Received: neither PNG nor JPEG"),
        (lambda file: file.write_bytes(b"GIF89a"), "must be a readable picture. Received: neither PNG nor JPEG"),
        (toys.cut, "must be a readable picture. Received: the file ends too early"),
        (lambda file: toys.cut(file, 12), "must be a readable picture. Received: the file ends too early"),
        (lambda file: write_picture(file, noise(1, 9)), "sides of at least 2 pixels. Received: 9x1"),
        (lambda file: write_picture(file, noise(50, 60)), "must have at most 2500 pixels. Received: 60x50"),
    ],
)
def test_broken_pictures_are_one_line(sanitized, bundles, tmp_path, damage, message):
    file = tmp_path / "picture.png"
    write_picture(file, noise(20, 20))
    damage(file)
    words = (bundles["inverting"], file, tmp_path / "out.png", "--max_pixels", 2500)
    assert message in cpp.refused(sanitized.program("translate"), *words)
    assert not (tmp_path / "out.png").exists()


def test_a_jpeg_that_ends_early_is_one_line(sanitized, bundles, tmp_path):
    write_picture(tmp_path / "picture.jpg", noise(40, 40))
    toys.cut(tmp_path / "picture.jpg", -400)
    words = (bundles["inverting"], tmp_path / "picture.jpg", tmp_path / "out.png")
    assert "must be a readable picture. Received: " in cpp.refused(sanitized.program("translate"), *words)


@pytest.mark.parametrize("kind", ["manifest", "onnx", "png", "jpeg"])
def test_any_bytes_are_read_or_refused(sanitized, tmp_path, kind):
    """A thousand files with a few bytes changed; the sanitizers say what is not in order."""
    sources = {"manifest": "manifest.json", "onnx": "decoder.onnx"}
    bundle = toys.beside(tmp_path / "bundle")
    source = bundle / sources[kind] if kind in sources else tmp_path / f"picture.{kind}"
    if kind not in sources:
        profile = profiles.rgb_profile(profiles.DISPLAY_P3)
        stripes("P" if kind == "png" else "RGB").save(source, icc_profile=profile, **oriented(6))
    words = (sanitized.driver, "fuzz", "-", tmp_path / "fuzzed", f"kind={kind}", f"in={source}")
    result = cpp.run(*words, "n=1000")
    assert (result.returncode, result.stderr) == (0, "")
    read, broken = map(int, result.stdout.split())
    assert read + broken == 1000
    assert broken > 0
