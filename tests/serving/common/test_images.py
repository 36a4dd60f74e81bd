from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from serving import InputError
from serving.common.images import grid, read_image, read_with_opacity, shown_text, to_uint8, write_png
from serving.common.levels import Levels


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


@pytest.mark.parametrize(
    ("mode", "colour", "grey_and_opacity", "colour_and_opacity"),
    [
        ("L", 9, (9, 255), (9, 9, 9, 255)),
        ("LA", (9, 7), (9, 7), (9, 9, 9, 7)),
        ("RGB", (9, 9, 9), (9, 255), (9, 9, 9, 255)),
        ("RGBA", (9, 9, 9, 0), (9, 0), (9, 9, 9, 0)),
    ],
)
def test_opacity_is_a_channel_where_it_is_asked_for(mode, colour, grey_and_opacity, colour_and_opacity):
    content = encode(Image.new(mode, (3, 2), colour))
    for wanted in (grey_and_opacity, colour_and_opacity):
        picture = read_image(content, channels=len(wanted))
        np.testing.assert_array_equal(picture, np.broadcast_to(np.uint8(wanted), (2, 3, len(wanted))))


@pytest.mark.parametrize("channels", [2, 4])
def test_each_channel_is_resized_by_itself(channels):
    """Colours that are multiplied by an opacity of 0 would be black, or white."""
    picture = np.full((8, 8, channels), 90, np.uint8)
    picture[:, :4, -1], picture[:, 4:, -1] = 0, 200
    small = read_image(encode(Image.fromarray(picture)), (4, 4), channels, resampling=Image.Resampling.BOX)
    assert (small[..., :-1] == 90).all()
    assert small[0, :, -1].tolist() == [0, 0, 200, 200]


def test_the_range_applies_to_opacity_where_it_is_a_channel():
    content = encode(Image.new("LA", (3, 2), (50, 75)))
    levels = Levels((0.0, 100.0))
    assert read_image(content, channels=2, levels=levels)[0, 0].tolist() == [128, 191]
    assert read_with_opacity(content, levels=levels)[1][0, 0] == 75


def test_more_channels_than_a_picture_file_has_are_refused(tmp_path):
    write_png(tmp_path / "a.png", np.zeros((2, 3, 4), np.uint8))
    with pytest.raises(InputError, match=r"a\.png must have 1 to 4 channels, .* Received: requested 5\.$"):
        read_image(tmp_path / "a.png", channels=5)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_png_holds_up_to_four_channels(tmp_path, channels):
    picture = np.arange(6 * channels, dtype=np.uint8).reshape(2, 3, channels)
    write_png(tmp_path / "a.png", picture)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png", channels=channels), picture)


@pytest.mark.parametrize(
    ("channels", "said"),
    [(1, ""), (2, ", the first of 2 channels"), (3, ""), (5, ", the first 3 of 5 channels")],
)
def test_a_grid_shows_up_to_three_channels(channels, said):
    pictures = np.arange(2 * 4 * channels, dtype=np.uint8).reshape(2, 2, 2, channels)
    shown = grid(pictures, columns=2, zoom=1)
    np.testing.assert_array_equal(shown[1:3, 1:3], pictures[0, ..., : shown.shape[2]])
    assert shown.shape == (4, 7, 3 if channels >= 3 else 1)
    assert shown_text(channels) == said


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
