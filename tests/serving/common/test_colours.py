"""Colour profiles and transparency of picture files."""

from __future__ import annotations

import io
import logging

import numpy as np
import pytest
from PIL import Image, ImageCms

from serving.common.images import read_image, read_with_opacity, write_picture
from tests import profiles
from tests.png import write_png_file

COLOURS = np.random.default_rng(0).integers(0, 256, (12, 20, 3), np.uint8)
ADOBE = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])


def encoded(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(("matrix", "curve"), [(profiles.DISPLAY_P3, profiles.SRGB_CURVE), (ADOBE, 2.19921875)])
@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})])
def test_colours_of_a_profile_become_those_of_srgb(matrix, curve, kind, options):
    file = encoded(Image.fromarray(COLOURS), kind, icc_profile=profiles.rgb_profile(matrix, curve), **options)
    expected = profiles.shown(COLOURS, matrix, curve)
    np.testing.assert_allclose(read_image(file).astype(int), expected, atol=2)
    assert np.abs(COLOURS - expected).max() > 25


def test_srgb_in_any_copy_keeps_every_level():
    built_in = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (built_in, profiles.rgb_profile(profiles.SRGB)):
        np.testing.assert_array_equal(read_image(encoded(Image.fromarray(COLOURS), icc_profile=profile)), COLOURS)


def test_palettes_and_opacity_are_converted_with_their_colours():
    profile = profiles.rgb_profile(profiles.DISPLAY_P3)
    palette = Image.fromarray(COLOURS).quantize(16)
    expected = profiles.shown(np.asarray(palette.convert("RGB")), profiles.DISPLAY_P3)
    np.testing.assert_allclose(read_image(encoded(palette, icc_profile=profile)).astype(int), expected, atol=2)
    clear = Image.fromarray(COLOURS)
    clear.putalpha(Image.new("L", clear.size, 255))
    clear.putpixel((0, 0), (0, 0, 0, 0))
    pixels, opacity = read_with_opacity(encoded(clear, icc_profile=profile))
    np.testing.assert_allclose(pixels[1:].astype(int), profiles.shown(COLOURS, profiles.DISPLAY_P3)[1:], atol=2)
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert (opacity[0, 0], opacity[1:].min()) == (0, 255)


@pytest.mark.parametrize("deep", [False, True])
def test_grey_has_profiles_too(deep):
    levels = np.arange(256, dtype=np.uint16)[None]
    grey = levels * np.uint16(257) if deep else levels.astype(np.uint8)
    shown = read_image(encoded(Image.fromarray(grey), "TIFF", icc_profile=profiles.grey_profile(1.8)))
    assert shown.shape == (1, 256, 1)
    share = (levels / 255) ** 1.8
    expected = 255 * np.where(share <= 0.0031308, 12.92 * share, 1.055 * share ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(shown[..., 0].astype(int), expected, atol=2)


def test_an_rgb_profile_on_grey_keeps_it_grey():
    grey = Image.fromarray(COLOURS[..., 0])
    read = read_image(encoded(grey, icc_profile=profiles.rgb_profile(ADOBE, 1.0)))
    assert read.shape == (12, 20, 1)
    expected = profiles.shown(np.asarray(grey.convert("RGB")), profiles.SRGB, 1.0)[..., :1]
    np.testing.assert_allclose(read.astype(int), expected, atol=3)


@pytest.mark.parametrize(
    ("profile", "reason"), [(b"nothing", "cannot open"), (profiles.grey_profile(1.5), "it is for L pictures")]
)
def test_what_cannot_be_applied_is_said_once(profile, reason, caplog):
    caplog.set_level(logging.WARNING)
    for _ in range(2):
        np.testing.assert_array_equal(read_image(encoded(Image.fromarray(COLOURS), icc_profile=profile)), COLOURS)
    (said,) = caplog.messages
    assert reason in said
    assert "left aside" in said


def test_a_transparent_number_of_16_bits(tmp_path):
    write_png_file(tmp_path / "deep.png", [[[0], [30000], [65535]]], depth=16, transparent=30000)
    pixels, opacity = read_with_opacity(tmp_path / "deep.png")
    assert pixels.tolist() == [[[0] * 3, [255] * 3, [255] * 3]]
    assert opacity.tolist() == [[255, 0, 255]]
    assert read_image(tmp_path / "deep.png", channels=1)[..., 0].tolist() == [[0, 255, 255]]


def test_a_gif_keeps_what_is_transparent(tmp_path):
    opacity = np.where(np.add.outer(np.arange(12), np.arange(20)) % 5 == 0, np.uint8(0), np.uint8(255))
    write_picture(tmp_path / "clear.gif", COLOURS // 64 * 64, opacity)
    pixels, found = read_with_opacity(tmp_path / "clear.gif")
    np.testing.assert_array_equal(found, opacity)
    assert (pixels[opacity == 0] == 255).all()
    assert np.abs(pixels[opacity == 255].astype(int) - (COLOURS // 64 * 64)[opacity == 255]).mean() < 16
