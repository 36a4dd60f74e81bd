from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from serving import InputError, Translator
from serving.common.images import read_image
from serving.translation.files import translate_file, translate_folder
from tests.translators import noise


def put(path, picture, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture).save(path, **options)
    return path


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".ppm"])
def test_a_picture_is_translated_and_keeps_its_size(translator, tmp_path, suffix):
    picture = noise(41, 35)
    translate_file(translator, put(tmp_path / "in.png", picture), tmp_path / f"out{suffix}", "b")
    np.testing.assert_array_equal(read_image(tmp_path / f"out{suffix}"), 255 - picture)


def test_a_jpeg_is_written_with_little_loss(translator, tmp_path):
    smooth = np.linspace(0, 255, 64).astype(np.uint8)[None, :, None].repeat(48, 0).repeat(3, 2)
    translate_file(translator, put(tmp_path / "in.png", smooth), tmp_path / "out.jpg")
    assert np.abs(read_image(tmp_path / "out.jpg").astype(int) - (255 - smooth)).max() <= 2


def test_grey_pictures_among_coloured_ones(bundles, translator, tmp_path):
    grey, colour = noise(9, 9, 1), noise(9, 9)
    translate_file(translator, put(tmp_path / "grey.png", grey), tmp_path / "out.png")
    np.testing.assert_array_equal(read_image(tmp_path / "out.png"), 255 - grey.repeat(3, 2))
    of_grey = Translator(bundles["grey"], provider="cpu")
    translate_file(of_grey, put(tmp_path / "colour.png", colour), tmp_path / "out.png")
    expected = 255 - np.asarray(Image.fromarray(colour).convert("L"))
    np.testing.assert_array_equal(read_image(tmp_path / "out.png")[..., 0], expected)


def test_what_is_transparent_stays_so(translator, tmp_path):
    colour, opacity = noise(9, 7), noise(9, 7, 1, seed=2)
    source = put(tmp_path / "in.png", np.concatenate([colour, opacity], axis=2))
    translate_file(translator, source, tmp_path / "out.png")
    translate_file(translator, source, tmp_path / "out.ppm")
    with Image.open(tmp_path / "out.png") as picture:
        written = np.asarray(picture)
    np.testing.assert_array_equal(written[..., 3:], opacity)
    np.testing.assert_array_equal(written[..., :3], 255 - read_image(source))
    with Image.open(tmp_path / "out.ppm") as picture:
        assert picture.mode == "RGB"


def test_sixteen_bits_cmyk_and_orientation(translator, tmp_path):
    deep = np.random.default_rng(0).integers(0, 65536, (6, 5), np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    Image.fromarray(noise(6, 5, 4), mode="CMYK").save(tmp_path / "cmyk.jpg")
    exif = Image.Exif()
    exif[0x0112] = 6
    put(tmp_path / "turned.png", noise(6, 5), exif=exif)
    for name, size in (("deep.png", (6, 5)), ("cmyk.jpg", (6, 5)), ("turned.png", (5, 6))):
        translate_file(translator, tmp_path / name, tmp_path / "out.png")
        read = read_image(tmp_path / name, channels=3)
        assert read.shape[:2] == size
        np.testing.assert_array_equal(read_image(tmp_path / "out.png"), 255 - read)


@pytest.fixture
def folder(tmp_path):
    """Pictures of three sizes at three depths; one that is broken, one that is none, one that is hidden."""
    place = tmp_path / "in"
    for index in range(7):
        size = [(16, 16), (20, 33), (64, 50)][index % 3]
        put(place / ["", "x", "x/y"][index % 3] / f"{index}.png", noise(*size, seed=index))
    (place / "x" / "broken.png").write_bytes((place / "x" / "1.png").read_bytes()[:300])
    (place / "x" / "text.jpg").write_text("no picture")
    (place / "notes.txt").write_text("not looked at")
    put(place / ".hidden" / "8.png", noise(8, 8))
    return place


def written(place):
    return {str(file.relative_to(place)): file.stat().st_mtime_ns for file in sorted(place.rglob("*.*"))}


def test_a_folder_keeps_names_and_places(translator, folder, tmp_path):
    done = []
    report = translate_folder(translator, folder, tmp_path / "out", "b", progress=done.append)
    assert (report.translated, report.present, sum(done)) == (7, 0, 9)
    assert set(written(tmp_path / "out")) == {f"{['', 'x/', 'x/y/'][i % 3]}{i}.png" for i in range(7)}
    for name in written(tmp_path / "out"):
        np.testing.assert_array_equal(read_image(tmp_path / "out" / name), 255 - read_image(folder / name))
    assert {file.name for file in report.failed} == {"broken.png", "text.jpg"}
    for file, problem in report.failed.items():
        assert problem.startswith(f"{file} must be a readable picture. Received:")


def test_the_same_call_goes_on_where_it_stopped(translator, folder, tmp_path):
    out = tmp_path / "out"
    translate_folder(translator, folder, out)
    before = written(out)
    (out / "x" / "4.png").unlink()
    report = translate_folder(translator, folder, out)
    assert (report.translated, report.present) == (1, 6)
    after = written(out)
    assert {name for name in after if after[name] != before[name]} == {"x/4.png"}
    assert translate_folder(translator, folder, out, overwrite=True).translated == 7


def test_an_output_that_cannot_be_written_is_named(translator, folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "x").write_text("a file where a folder is wanted")
    report = translate_folder(translator, folder, out)
    assert report.translated == 3
    assert {file.name for file in report.failed} == {"1.png", "2.png", "4.png", "5.png", "broken.png", "text.jpg"}
    assert f"{out / 'x' / '1.png'} must be writable." in report.failed[folder / "x" / "1.png"]


def test_a_large_picture_fails_alone(translator, folder, tmp_path):
    report = translate_folder(translator, folder, tmp_path / "out", max_pixels=1000)
    assert report.translated == 5
    assert "must have at most 1000 pixels. Received: 50x64" in report.failed[folder / "x" / "y" / "2.png"]


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("in", "in/out", "--out must be a folder outside of"),
        ("in", "in", "--out must be a folder outside of"),
        ("in", "in/notes.txt", "--out must be a folder outside of"),
        ("in", "file.png", "--out must be a folder where pictures of a folder"),
        ("empty", "out", "must hold pictures"),
        ("nothing", "out", "must be a folder. Received: no such folder"),
        ("file.png", "out", "must be a folder. Received: a file"),
    ],
)
def test_mistakes_are_named(translator, folder, tmp_path, source, target, message):
    put(tmp_path / "file.png", noise(4, 4))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=message):
        translate_folder(translator, tmp_path / source, tmp_path / target)


@pytest.mark.parametrize(
    ("name", "target", "to", "message"),
    [
        ("line.png", "out.png", "b", r"line.png: a picture must have sides of at least 2 pixels. Received: 9x1"),
        ("some.png", "out.txt", "b", "--out must be a picture file"),
        ("some.png", "out.png", "a", "translates to b. Received: 'a'"),
        ("none.png", "out.png", "b", "none.png must be a readable picture. Received: FileNotFoundError"),
    ],
)
def test_a_pictures_mistakes_are_named(translator, tmp_path, name, target, to, message):
    put(tmp_path / "line.png", noise(1, 9))
    put(tmp_path / "some.png", noise(4, 9))
    with pytest.raises(InputError, match=message):
        translate_file(translator, tmp_path / name, tmp_path / target, to)
    assert not (tmp_path / target).exists()
