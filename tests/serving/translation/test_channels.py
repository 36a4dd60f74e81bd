"""Pictures that are neither grey nor RGB: opacity as a channel, and arrays of more channels than a picture file has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from serving import InputError, Translator
from serving.bulk.job import done_here
from serving.bulk.translating import FolderTranslation, missing, translated
from serving.bundle.inputs import read_pictures
from serving.bundle.manifest import Image as Shape
from serving.common.images import write_png
from serving.translation.files import translate_file, translate_folder
from serving.translation.video import translate_video
from tests.translators import noise


def put_array(path, picture):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, picture)
    return path


@pytest.mark.parametrize("size", [(17, 23), (70, 33)])
def test_bands_are_translated(bundles, size):
    pictures = noise(*size, 5)[None]
    translator = Translator(bundles["bands"], provider="cpu", tile=32)
    np.testing.assert_array_equal(translator.translate(pictures), 255 - pictures)


def test_statistics_of_channels_do_not_depend_on_opacity(bundles):
    """The means of the colours are those of the whole picture, though half of it has an opacity of 0."""
    picture = np.full((64, 64, 4), 90, np.uint8)
    picture[:, :32, 3], picture[:, 32:, 3] = 0, 200
    translator = Translator(bundles["opacity"], provider="cpu", tile=32)
    np.testing.assert_allclose(translator.statistics(picture), [[90, 90, 90, 100]])


def test_opacity_of_a_file_is_translated(bundles, tmp_path):
    picture = noise(9, 11, 4)
    write_png(tmp_path / "in.png", picture)
    translator = Translator(bundles["opacity"], provider="cpu")
    for name in ("out.png", "out.tif"):
        translate_file(translator, tmp_path / "in.png", tmp_path / name)
        with Image.open(tmp_path / name) as written:
            np.testing.assert_array_equal(np.asarray(written), 255 - picture)
    with pytest.raises(InputError, match=r"picture file with opacity \(\.png, .*\)\. Received: .*out\.jpg\.$"):
        translate_file(translator, tmp_path / "in.png", tmp_path / "out.jpg")


@pytest.mark.parametrize("name", ["grey", "inverting", "opacity", "bands"])
def test_arrays_are_read_and_written_with_any_number_of_channels(bundles, tmp_path, name):
    translator = Translator(bundles[name], provider="cpu")
    picture = noise(9, 11, translator.image.channels)
    translate_file(translator, put_array(tmp_path / "in.npy", picture), tmp_path / "out.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), 255 - picture)


def test_no_picture_file_holds_five_channels(bundles, tmp_path):
    translator = Translator(bundles["bands"], provider="cpu")
    given = put_array(tmp_path / "in.npy", noise(9, 11, 5))
    with pytest.raises(InputError, match=r"must end in \.npy for pictures of 5 channels\. Received: .*out\.png\.$"):
        translate_file(translator, given, tmp_path / "out.png")
    write_png(tmp_path / "in.png", noise(9, 11))
    with pytest.raises(InputError, match=r"in\.png must have 1 to 4 channels, .* Received: requested 5\.$"):
        translate_file(translator, tmp_path / "in.png", tmp_path / "out.npy")
    with pytest.raises(InputError, match=r"grey or RGB pictures\. Received: 5 channels\.$"):
        translate_video(translator, tmp_path / "in.mp4", tmp_path / "out.mp4")


def test_a_folder_of_arrays(bundles, tmp_path):
    pictures = {name: noise(9, 11, 5, seed) for seed, name in enumerate(("a.npy", "deeper/b.npy"))}
    for name, picture in pictures.items():
        put_array(tmp_path / "in" / name, picture)
    put_array(tmp_path / "in" / "codes.npy", np.zeros((3, 16)))
    write_png(tmp_path / "in" / "photo.png", noise(9, 11))
    report = translate_folder(Translator(bundles["bands"], provider="cpu"), tmp_path / "in", tmp_path / "out")
    assert (report.translated, report.left_out) == (2, [Path("photo.png")])
    ((file, problem),) = report.failed.items()
    assert file.name == "codes.npy"
    assert problem.endswith("must hold a picture (height, width, 5). Received: (3, 16).")
    for name, picture in pictures.items():
        np.testing.assert_array_equal(np.load(tmp_path / "out" / name), 255 - picture)
    wanted, report = missing(FolderTranslation(bundles["bands"], tmp_path / "in", tmp_path / "out"))
    translated(wanted, done_here(wanted), report)
    assert (report.translated, report.present) == (0, 2)


def test_a_format_without_opacity_becomes_png(bundles, tmp_path):
    Image.fromarray(np.full((9, 11, 3), 30, np.uint8)).save(tmp_path / "in.bmp")
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "in.bmp").rename(folder / "in.bmp")
    report = translate_folder(Translator(bundles["opacity"], provider="cpu"), folder, tmp_path / "out")
    assert report.translated == 1
    with Image.open(tmp_path / "out" / "in.bmp.png") as written:
        assert (written.mode, written.getpixel((0, 0))) == ("RGBA", (225, 225, 225, 0))


class TestArraysOfABundle:
    def test_numbers_of_other_types_use_the_range_of_the_bundle(self, tmp_path):
        deep = put_array(tmp_path / "deep.npy", np.full((2, 3, 5), 1000, np.int32))
        shape = Shape(2, 3, 5, value_range=(0.0, 4000.0))
        assert (read_pictures([deep], shape) == 64).all()
        whole = put_array(tmp_path / "whole.npy", np.full((2, 3, 5), 32896, np.uint16))
        assert (read_pictures([whole], Shape(2, 3, 5)) == 128).all()

    def test_they_are_resized_channel_by_channel(self, tmp_path):
        bands = np.arange(5, dtype=np.uint8) * np.ones((8, 12, 1), np.uint8)
        found = read_pictures([put_array(tmp_path / "a.npy", bands)], Shape(4, 4, 5), resize=True)
        np.testing.assert_array_equal(found[0], np.broadcast_to(np.arange(5), (4, 4, 5)))

    @pytest.mark.parametrize(
        ("array", "message"),
        [
            (np.zeros((2, 3), np.uint8), "must hold a picture (height, width, 5). Received: (2, 3)."),
            (np.zeros((2, 3, 4), np.uint8), "must hold a picture (height, width, 5). Received: (2, 3, 4)."),
            (np.zeros((2, 3, 5)), "must hold uint8, uint16 or bool, or other numbers where the bundle was trained"),
            (np.zeros((4, 3, 5), np.uint8), "must be 3x2x5, which the bundle takes"),
            (np.array([{}]), "must be a .npy file. Received: "),
        ],
    )
    def test_what_cannot_be_used_is_named(self, tmp_path, array, message):
        with pytest.raises(InputError) as error:
            read_pictures([put_array(tmp_path / "a.npy", array)], Shape(2, 3, 5))
        assert str(error.value).startswith(f"{tmp_path / 'a.npy'} {message}")
