"""Numbers of other depths than 8 bits: which of them become black and white."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from PIL import Image

from keras_gen.data import open_domains, open_source
from keras_gen.data.preparing import prepare
from serving import InputError

TWELVE_BITS = np.array([[0, 1000, 2000, 4095]], np.uint16)


def folder_of(place, pictures, suffix="png"):
    place.mkdir(parents=True)
    for index, picture in enumerate(pictures):
        Image.fromarray(picture).save(place / f"{index}.{suffix}")
    return f"folder:{place}"


def archive_of(place, pictures):
    np.savez(place, x_train=np.asarray(pictures))
    return f"npz:{place}"


def levels_of(name, **asked):
    return open_source(name, **asked).examples.images[..., 0]


@pytest.fixture(params=["folder", "npz"])
def twelve_bits(request, tmp_path):
    """Two pictures of 16-bit numbers up to 4095, as either kind of source."""
    pictures = [TWELVE_BITS, TWELVE_BITS // 2]
    return (
        folder_of(tmp_path / "x", pictures) if request.param == "folder" else archive_of(tmp_path / "x.npz", pictures)
    )


class TestRange:
    def test_full_scale_of_16_bits_unless_said_otherwise_and_a_warning(self, twelve_bits, caplog):
        np.testing.assert_array_equal(levels_of(twelve_bits)[0], np.rint(TWELVE_BITS / 257))
        (said,) = [record.getMessage() for record in caplog.records]
        assert f"{twelve_bits} uses 6.2 % of the scale of its numbers: 0 to 4095 of 0 to 65535" in said

    @pytest.mark.parametrize("asked", ["0,4095", (0, 4095), "auto"])
    def test_a_range_is_spread_from_black_to_white(self, twelve_bits, asked, caplog):
        source = open_source(twelve_bits, value_range=asked)
        np.testing.assert_array_equal(source.examples.images[0, ..., 0], np.rint(TWELVE_BITS / 4095 * 255))
        assert source.value_range == (0, 4095)
        assert not caplog.records

    def test_numbers_outside_of_it_are_black_and_white(self, twelve_bits):
        np.testing.assert_array_equal(levels_of(twelve_bits, value_range="1000,2000")[0], [[0, 0, 255, 255]])

    def test_signed_integers_and_floats_of_files(self, tmp_path):
        hounsfield = np.array([[-1024, 0, 1024, 3072]], np.int32)
        for name, picture in (("signed", hounsfield), ("floats", hounsfield.astype(np.float32))):
            source = folder_of(tmp_path / name, [picture], "tif")
            with pytest.raises(InputError, match=r"0\.tif.*--value-range LOW,HIGH.*-1024 to 3072"):
                open_source(source)
            for asked in ("-1024,3072", "auto"):
                np.testing.assert_array_equal(levels_of(source, value_range=asked)[0], [[0, 64, 128, 255]])

    def test_any_numbers_of_an_array(self, tmp_path):
        numbers = np.array([[[-1000, 0, 1000]]])
        for dtype in (np.int16, np.int64):
            name = archive_of(tmp_path / "x.npz", numbers.astype(dtype))
            with pytest.raises(InputError, match=f"Received: {dtype.__name__}.*--value-range"):
                open_source(name)
            np.testing.assert_array_equal(levels_of(name, value_range="-1000,1000"), [[[0, 128, 255]]])
        name = archive_of(tmp_path / "x.npz", numbers.astype(np.float32))
        with pytest.raises(InputError, match=r"-1000 to 1000.*--value-range"):
            open_source(name)
        np.testing.assert_array_equal(levels_of(name, value_range="auto"), np.float32([[[-1, 0, 1]]]))

    def test_eight_bits_have_a_range_too(self, tmp_path):
        mask = np.array([[0, 1, 2]], np.uint8)
        for name in (folder_of(tmp_path / "x", [mask]), archive_of(tmp_path / "x.npz", [mask])):
            np.testing.assert_array_equal(levels_of(name)[0], mask)
            np.testing.assert_array_equal(levels_of(name, value_range="auto")[0], [[0, 128, 255]])

    def test_opacity_has_none(self, tmp_path):
        clear = np.array([[[1, 0, 0, 255], [1, 0, 0, 0]]], np.uint8)
        images = open_source(folder_of(tmp_path / "x", [clear]), value_range="0,1").examples.images
        np.testing.assert_array_equal(images[0, 0], [[255, 0, 0], [255, 255, 255]])

    def test_it_is_the_training_pictures_that_are_measured(self, tmp_path):
        np.savez(tmp_path / "x.npz", x_train=TWELVE_BITS[None], x_test=4 * TWELVE_BITS[None])
        source = open_source(f"npz:{tmp_path / 'x.npz'}", split="test", value_range="auto")
        assert source.value_range == (0, 4095)

    def test_of_both_domains_of_pairs_and_of_unpaired_pictures(self, tmp_path):
        folders = [folder_of(tmp_path / name, [k * TWELVE_BITS])[7:] for k, name in ((1, "a"), (2, "b"))]
        for kind in ("pairs", "unpaired"):
            both = open_domains(f"{kind}:{','.join(folders)}", value_range="auto")
            assert both.a.value_range == both.b.value_range == (0, 8190)
            np.testing.assert_array_equal(both.a.examples.images[0, ..., 0], np.rint(TWELVE_BITS / 8190 * 255))
            assert both.b.examples.images.max() == 255

    def test_of_sources_that_are_made_of_another(self, twelve_bits):
        both = open_domains(f"textured:{twelve_bits}", value_range="auto")
        assert both.a.examples.images.max() == 255
        assert both.a.value_range == (0, 4095)

    def test_what_cannot_be_one(self, tmp_path, twelve_bits):
        for asked in ("1", "a,b", "5,5", "2,1", "0,nan", "0,1,2"):
            with pytest.raises(InputError, match=f"--value-range must be LOW,HIGH.*Received: {asked}"):
                open_source(twelve_bits, value_range=asked)
        with pytest.raises(InputError, match=r"several numbers.*Received: 7 alone"):
            open_source(archive_of(tmp_path / "flat.npz", [np.full((2, 2), 7, np.uint16)]), value_range="auto")
        mixed = folder_of(tmp_path / "mixed", [TWELVE_BITS, TWELVE_BITS.astype(np.uint8)])
        with pytest.raises(InputError, match="numbers of one scale.*Received: 0 to 255 and 0 to 65535"):
            open_source(mixed, value_range="auto")

    def test_colours_of_16_bits_in_files_are_refused_by_name(self, tmp_path, write_deep_colours):
        write_deep_colours(tmp_path / "x" / "deep.png", 3)
        assert open_source(f"folder:{tmp_path / 'x'}").image_shape == (2, 2, 3)
        with pytest.raises(InputError, match=r"deep\.png must be grey.*RGB of 16 bits"):
            open_source(f"folder:{tmp_path / 'x'}", value_range="0,4095")


class TestFloats:
    @pytest.mark.parametrize("hair", [-1e-7, -1e-3])
    def test_a_hair_outside_of_0_to_1_is_0_to_1(self, tmp_path, hair):
        name = archive_of(tmp_path / "x.npz", np.array([[[hair, 0.5, 1 + 1e-7]]], np.float32))
        np.testing.assert_allclose(levels_of(name), [[[-1, 0, 1]]], atol=1e-7)

    def test_a_hair_outside_of_minus_1_to_1(self, tmp_path):
        name = archive_of(tmp_path / "x.npz", np.array([[[-1 - 1e-6, 0.5, 1 + 1e-6]]], np.float32))
        np.testing.assert_array_equal(levels_of(name), np.float32([[[-1, 0.5, 1]]]))

    def test_few_negative_numbers_are_named(self, tmp_path, caplog):
        open_source(archive_of(tmp_path / "x.npz", np.array([[[-0.05, 0.5, 1]]], np.float32)))
        assert "-0.05 to 1 of -1 to 1" in caplog.text


def test_an_own_array_that_is_mapped_is_not_read_whole_for_the_warning(tmp_path, caplog):
    from keras_gen.data.arrays import from_arrays
    from keras_gen.data.examples import Shape
    from serving.common.levels import Levels

    caplog.set_level(logging.WARNING)
    pictures = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.uint8, (1000, 4, 4))
    pictures[::2] = 9  # every second one is black
    levels = Levels()
    assert isinstance(from_arrays("mine", pictures, None, Shape(levels=levels)).images, np.memmap)
    levels.warn("mine")
    assert "mine uses 3.5 % of the scale of its numbers: 0 to 9 of 0 to 255" in caplog.text


def test_prepared_pictures_keep_their_range(tmp_path, twelve_bits):
    folder = tmp_path / "prepared"
    folder.mkdir()
    prepare(folder, twelve_bits, value_range="auto")
    for asked in (None, "auto", "0,4095"):
        source = open_source(f"prepared:{folder}", value_range=asked)
        assert source.value_range == (0, 4095)
        np.testing.assert_array_equal(source.examples.images[0, ..., 0], np.rint(TWELVE_BITS / 4095 * 255))
    with pytest.raises(InputError, match=r"the range 0,4095.*prepared anew. Received: requested 0,255"):
        open_source(f"prepared:{folder}", value_range="0,255")
