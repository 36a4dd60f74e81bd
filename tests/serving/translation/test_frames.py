"""Animations, pages, and every format that Pillow reads."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from serving import InputError
from serving.common import formats
from serving.common.images import read_image
from serving.translation.files import translate_file, translate_folder
from tests.translators import noise

DURATIONS = [40, 120, 80, 200]


def animation(path, durations=DURATIONS, **options):
    """Frames of one colour each, which no palette changes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = [Image.new("RGB", (24, 16), (60 * index, 255 - 60 * index, 30)) for index in range(len(durations))]
    timing = {} if path.suffix == ".tif" else {"duration": durations}
    frames[0].save(path, save_all=True, append_images=frames[1:], **timing, **options)
    return path


def frames_of(path):
    with Image.open(path) as image:
        found = [
            (np.asarray(frame.convert("RGB")), frame.info.get("duration")) for frame in ImageSequence.Iterator(image)
        ]
        return [pixels for pixels, _ in found], [duration for _, duration in found], image.info.get("loop")


@pytest.mark.parametrize(
    ("suffix", "options", "off"),
    [
        (".gif", {"loop": 3}, 0),
        (".webp", {"loop": 3, "lossless": True}, 6),
        (".png", {"loop": 3}, 0),
        (".apng", {"loop": 3}, 0),
        (".tif", {}, 0),
    ],
)
def test_frames_are_translated_with_their_timing(translator, tmp_path, suffix, options, off):
    source = animation(tmp_path / f"in{suffix}", **options)
    translate_file(translator, source, tmp_path / f"out{suffix}")
    given, durations, loop = frames_of(source)
    made, kept, again = frames_of(tmp_path / f"out{suffix}")
    assert len(made) == len(DURATIONS)
    np.testing.assert_allclose(np.stack(made).astype(int), 255 - np.stack(given).astype(int), atol=off)
    assert (kept, again) == (durations, loop)
    if suffix != ".tif":
        assert [round(duration) for duration in kept] == DURATIONS


def test_a_gif_that_is_shown_once_stays_so(translator, tmp_path):
    translate_file(translator, animation(tmp_path / "in.gif"), tmp_path / "out.gif")
    assert frames_of(tmp_path / "out.gif")[1:] == (DURATIONS, None)


def test_frames_from_one_format_to_another(translator, tmp_path):
    source = animation(tmp_path / "in.gif")
    translate_file(translator, source, tmp_path / "out.png")
    made, durations, _ = frames_of(tmp_path / "out.png")
    np.testing.assert_array_equal(np.stack(made), 255 - np.stack(frames_of(source)[0]))
    assert [round(duration) for duration in durations] == DURATIONS


def test_transparent_parts_of_frames_stay_so(translator, tmp_path):
    frames = []
    for index in range(3):
        frame = Image.new("RGBA", (24, 16), (0, 0, 0, 0))
        frame.paste((200, 10, 10, 255), (6 * index, 0, 6 * index + 6, 16))
        frames.append(frame)
    frames[0].save(tmp_path / "in.gif", save_all=True, append_images=frames[1:], duration=50, disposal=2)
    translate_file(translator, tmp_path / "in.gif", tmp_path / "out.gif")
    with Image.open(tmp_path / "out.gif") as image:
        made = [np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(image)]
    for index, pixels in enumerate(made):
        np.testing.assert_array_equal(pixels[..., 3], np.asarray(frames[index])[..., 3])
        assert pixels[0, 6 * index, :3].tolist() == [55, 245, 245]


def test_pages_of_several_sizes(translator, tmp_path):
    pages = [Image.fromarray(noise(20, 30)), Image.fromarray(noise(9, 12))]
    pages[0].save(tmp_path / "in.tif", save_all=True, append_images=pages[1:])
    translate_file(translator, tmp_path / "in.tif", tmp_path / "out.tif")
    made, _, _ = frames_of(tmp_path / "out.tif")
    for page, written in zip(pages, made, strict=True):
        np.testing.assert_array_equal(written, 255 - np.asarray(page))


def test_the_first_frame_alone(translator, tmp_path):
    source = animation(tmp_path / "in.gif")
    for suffix in (".gif", ".jpg"):
        translate_file(translator, source, tmp_path / f"out{suffix}", frames="first")
        assert len(frames_of(tmp_path / f"out{suffix}")[0]) == 1


def test_what_holds_no_frames_is_refused_and_named(translator, tmp_path):
    source = animation(tmp_path / "in.gif")
    with pytest.raises(InputError, match=r"out\.jpg must be of a format with frames.*--frames first.*of 4 frames"):
        translate_file(translator, source, tmp_path / "out.jpg")
    with pytest.raises(InputError, match=r"in\.gif must have at most 500 pixels in all.*4 frames of 24x16"):
        translate_file(translator, source, tmp_path / "out.gif", max_pixels=500)


def test_the_picture_for_programs_without_animation_is_no_frame(translator, tmp_path):
    source = animation(tmp_path / "in.png", DURATIONS[:3], default_image=True)
    translate_file(translator, source, tmp_path / "out.png")
    assert len(frames_of(tmp_path / "out.png")[0]) == 2


def test_a_folder_with_everything_in_it(translator, tmp_path):
    """All that Pillow reads is translated, by its own name or as PNG; the rest is named."""
    inside, out = tmp_path / "in", tmp_path / "out"
    animation(inside / "deep" / "moving.gif")
    picture = noise(24, 18)
    for name, kind in {"a.jfif": "JPEG", "b.tga": "TGA", "c.avif": "AVIF", "d.jp2": "JPEG2000", "e.ico": "ICO"}.items():
        Image.fromarray(picture).save(inside / name, kind, **({"sizes": [(18, 24)]} if kind == "ICO" else {}))
    Image.fromarray(picture).save(inside / "f.JPE", "JPEG")
    for name in ("x.heic", "y.HEIC", "notes.txt", ".DS_Store", ".hidden/z.heic"):
        (inside / name).parent.mkdir(exist_ok=True)
        (inside / name).write_bytes(b"x")
    report = translate_folder(translator, inside, out)
    assert (report.translated, report.failed) == (7, {})
    assert [str(file) for file in report.left_out] == ["notes.txt", "x.heic", "y.HEIC"]
    assert formats.left_out_text(report.left_out) == "2 .heic (x.heic, y.HEIC), 1 .txt (notes.txt)"
    for name in ("a.jfif", "b.tga", "c.avif", "d.jp2", "e.ico.png", "f.JPE"):
        assert (
            np.abs(read_image(out / name).astype(int) - (255 - read_image(inside / name.removesuffix(".png")))).mean()
            < 9
        )
    assert len(frames_of(out / "deep" / "moving.gif")[0]) == 4
    again = translate_folder(translator, inside, out)
    assert (again.translated, again.present) == (0, 7)


@pytest.mark.parametrize("suffix", [".jfif", ".avif", ".tga", ".jp2", ".psd", ".qoi", ".pcx", ".apng", ".mpo", ".PNG"])
def test_suffixes_are_those_that_pillow_reads(suffix):
    assert formats.is_picture_name(Path(f"x{suffix}"))


@pytest.mark.parametrize("name", ["x.pdf", "x.mpg", "x.eps", "x.h5", "x", "png"])
def test_what_pillow_only_knows_by_name_is_none(name):
    assert not formats.is_picture_name(Path(name))


def test_formats_that_are_written_take_pictures_of_any_kind():
    """What is claimed of each is so: grey, colour, opacity, any size."""
    Image.init()
    suffixes = {kind: suffix for suffix, kind in Image.registered_extensions().items()}
    suffixes |= {"PPM": ".ppm", "TGA": ".tga"}
    for kind in formats.WRITTEN & set(Image.SAVE):
        assert formats.is_written_name(Path(f"x{suffixes[kind]}")), kind
        for mode in ("L", "RGB", *(["RGBA"] if kind in formats.WITH_OPACITY else [])):
            file = io.BytesIO()
            Image.new(mode, (300, 7)).save(file, kind)
            with Image.open(file) as image:
                assert image.size == (300, 7)
                assert image.has_transparency_data == (mode == "RGBA"), (kind, mode)
