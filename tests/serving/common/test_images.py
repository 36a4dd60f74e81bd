from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from serving import InputError
from serving.common.images import grid, read_image, to_uint8, write_png


def encode(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def gradient(height=4, width=6):
    return np.arange(height * width, dtype=np.uint8).reshape(height, width)


def test_grey_and_colour_keep_their_pixels():
    np.testing.assert_array_equal(read_image(encode(Image.fromarray(gradient())))[:, :, 0], gradient())
    colour = np.stack([gradient()] * 3, axis=-1)
    np.testing.assert_array_equal(read_image(encode(Image.fromarray(colour))), colour)


@pytest.mark.parametrize(
    ("image", "channels"),
    [
        (Image.new("1", (3, 2), 1), 1),
        (Image.new("LA", (3, 2), (9, 255)), 3),
        (Image.new("P", (3, 2)), 3),
        (Image.new("RGBA", (3, 2)), 3),
        (Image.new("CMYK", (3, 2)), 3),
        (Image.new("I;16", (3, 2), 600), 1),
    ],
)
def test_every_mode_becomes_grey_or_rgb(image, channels):
    kind = "JPEG" if image.mode == "CMYK" else "PNG"
    assert read_image(encode(image, kind)).shape == (2, 3, channels)
    for wanted in (1, 3):
        assert read_image(encode(image, kind), channels=wanted).shape == (2, 3, wanted)


def test_transparent_pixels_are_white():
    image = Image.fromarray(np.array([[[10, 20, 30, 255], [10, 20, 30, 0]]], np.uint8))
    assert read_image(encode(image)).tolist() == [[[10, 20, 30], [255, 255, 255]]]


def test_sixteen_bits_are_scaled_and_not_cut():
    image = Image.fromarray(np.array([[0, 257, 32896, 65535]], np.uint16))
    assert read_image(encode(image))[0, :, 0].tolist() == [0, 1, 128, 255]


def test_the_exif_orientation_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned; the picture is shown rotated by 90 degrees clockwise
    content = encode(Image.fromarray(gradient(4, 6)), exif=exif)
    np.testing.assert_array_equal(read_image(content)[:, :, 0], np.rot90(gradient(4, 6), -1))


def test_another_shape_takes_the_centre():
    image = np.zeros((4, 8), np.uint8)
    image[:, 2:6] = 200
    assert set(np.unique(read_image(encode(Image.fromarray(image)), size=(4, 4)))) == {200}


def test_shrinking_does_not_alias():
    """A checkerboard of single pixels averages to grey; picking pixels would give black or white."""
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    small = read_image(encode(Image.fromarray(board)), size=(8, 8))[2:-2, 2:-2]
    assert np.abs(small.astype(int) - 127).max() <= 4


def test_a_bomb_is_refused_before_it_is_decoded():
    with pytest.raises(InputError, match=r"at most 99 pixels. Received: 10x10"):
        read_image(encode(Image.new("L", (10, 10))), max_pixels=99)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_picture_or_an_input_error(content):
    try:
        assert read_image(content).dtype == np.uint8
    except InputError as error:
        assert "\n" not in str(error)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), kind=st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"]))
@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_a_damaged_picture_is_read_or_refused_but_never_crashes(data, kind):
    content = bytearray(encode(Image.fromarray(gradient(9, 9)), kind))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(1, len(content)))]
    try:
        assert read_image(bytes(content), max_pixels=10_000).shape[2] in (1, 3)
    except InputError as error:
        assert "\n" not in str(error)


def test_the_range_becomes_grey_levels():
    values = np.array([-2.0, -1.0, 0.0, 1.0, 3.0, -1 + 0.6 / 127.5])
    assert to_uint8(values).tolist() == [0, 0, 128, 255, 255, 1]


def test_a_grid_places_pictures_row_by_row():
    pictures = np.arange(3, dtype=np.uint8)[:, None, None, None] * np.ones((2, 2, 1), np.uint8)
    assert grid(pictures, columns=2, zoom=1)[:, :, 0].tolist() == [
        [255, 255, 255, 255, 255, 255, 255],
        [255, 0, 0, 255, 1, 1, 255],
        [255, 0, 0, 255, 1, 1, 255],
        [255, 255, 255, 255, 255, 255, 255],
        [255, 2, 2, 255, 255, 255, 255],
        [255, 2, 2, 255, 255, 255, 255],
        [255, 255, 255, 255, 255, 255, 255],
    ]


def test_a_written_picture_reads_back(tmp_path):
    picture = gradient()[:, :, None]
    write_png(tmp_path / "new" / "a.png", picture)
    np.testing.assert_array_equal(read_image(tmp_path / "new" / "a.png"), picture)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.png"]
