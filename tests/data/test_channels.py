"""Pictures of any number of channels."""

from __future__ import annotations

import json
from itertools import count

import numpy as np
import pytest
from PIL import Image

from keras_gen.data import open_domains, open_source, open_stream
from keras_gen.data import own as own_sources
from keras_gen.data.preparing import prepare
from serving import InputError

NUMBERS = count()
MODES = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}


def noise(*shape, kind=np.uint8):
    return np.random.default_rng(4).integers(0, 256, shape).astype(kind)


@pytest.fixture
def own():
    """A source of what a function returns, for both splits."""

    def register(value):
        name = f"of_channels_{next(NUMBERS)}:f"
        own_sources.register(name, lambda split: value)
        return name

    return register


@pytest.fixture
def archive(tmp_path):
    def write(images):
        np.savez(tmp_path / "a.npz", x_train=images, x_test=images)
        return f"npz:{tmp_path / 'a.npz'}"

    return write


class TestArrays:
    @pytest.mark.parametrize("channels", [2, 4, 5, 13])
    def test_as_many_as_there_are(self, archive, own, channels):
        images = noise(3, 8, 6, channels)
        for name in (archive(images), own(images)):
            np.testing.assert_array_equal(open_source(name, channels=channels).examples.images, images)

    def test_floats_and_ranges(self, archive):
        images = noise(3, 8, 6, 5, kind=np.int32) * 100
        images.flat[0], images.flat[-1] = 0, 40_000
        found = open_source(archive(images), channels=5, value_range="auto")
        assert found.value_range == (0, 40_000)
        np.testing.assert_array_equal(found.examples.images, np.rint(images / 40_000 * 255))
        floats = images.astype(np.float32) / 40_000
        found = open_source(archive(floats), channels=5).examples.images
        np.testing.assert_allclose(found, 2 * floats - 1, atol=1e-6)

    def test_each_channel_is_resized_as_a_grey_picture(self, archive):
        images = noise(2, 9, 9, 5)
        found = open_source(archive(images), image_size=4, channels=5).examples.images
        for channel in range(5):
            alone = open_source(archive(images[..., channel]), image_size=4).examples.images
            np.testing.assert_array_equal(found[..., channel], alone[..., 0])

    @pytest.mark.parametrize(
        ("shape", "channels", "message"),
        [
            ((2, 3, 8, 8), None, "must have 1 to 4 channels, in the last axis, where no --channels says that there"),
            ((2, 8, 8, 5), 4, "must have 4 channels where --channels is 4. Received: 5."),
            ((2, 8, 8, 4), 3, "must have 3 channels where --channels is 3. Received: 4."),
            ((2, 8, 8, 3), 4, "must have 4 channels where --channels is 4. Received: 3."),
            ((2, 8, 8), 13, "must have 13 channels where --channels is 13. Received: 1."),
        ],
    )
    def test_other_numbers_are_refused(self, archive, own, shape, channels, message):
        for name in (archive(noise(*shape)), own(noise(*shape)), own(noise(*shape) / 255.0)):
            with pytest.raises(InputError) as error:
                open_source(name, channels=channels)
            assert message in str(error.value)

    def test_prepared_pictures_keep_them(self, archive, tmp_path):
        images = noise(3, 8, 6, 13)
        (tmp_path / "out").mkdir()
        prepare(tmp_path / "out", archive(images), channels=13)
        found = open_source(f"prepared:{tmp_path / 'out'}")
        np.testing.assert_array_equal(found.examples.images, images)
        with pytest.raises(InputError, match=r"holds pictures of 6x8x13 .* requested 6x8x3\.$"):
            open_source(f"prepared:{tmp_path / 'out'}", channels=3)

    def test_elements_of_a_dataset(self, own):
        import tensorflow as tf

        images = noise(3, 8, 6, 5)
        for kind in (np.uint8, np.float32):
            name = own(
                tf.data.Dataset.from_tensor_slices((images / 255 if kind == np.float32 else images).astype(kind))
            )
            assert open_source(name, channels=5).image_shape == (8, 6, 5)
            with pytest.raises(InputError, match="must have 1 to 4 channels"):
                open_source(name)

    def test_pairs_and_domains(self, own):
        pairs = noise(3, 2, 8, 6, 5)
        both = open_domains(own(pairs), channels=5)
        np.testing.assert_array_equal(both.b.examples.images, pairs[:, 1])
        both = open_domains(own((pairs[:, 0], pairs[:2, 1])), channels=5)
        np.testing.assert_array_equal(both.a.examples.images, pairs[:, 0])


class TestFiles:
    @pytest.fixture
    def folder(self, tmp_path):
        """A picture of each mode, of which one pixel has an opacity of 7 where there is any."""
        for mode, channels in MODES.items():
            picture = noise(6, 8, channels)
            if channels in (2, 4):
                picture[0, 0] = [*[100] * (channels - 1), 7]
            Image.fromarray(picture if channels > 1 else picture[..., 0]).save(tmp_path / f"{mode}.png")
        return tmp_path

    def test_opacity_is_a_channel_and_255_where_there_is_none(self, folder):
        found = dict(zip(sorted(MODES), open_source(f"folder:{folder}", channels=4).examples.images, strict=True))
        assert found["RGBA"][0, 0].tolist() == found["LA"][0, 0].tolist() == [100, 100, 100, 7]
        assert (found["L"][..., 3] == 255).all()
        with Image.open(folder / "RGBA.png") as picture:
            np.testing.assert_array_equal(found["RGBA"], np.asarray(picture))
        assert open_source(f"folder:{folder}", channels=2).examples.images[1, 0, 0].tolist() == [100, 7]

    def test_without_the_option_they_are_on_white(self, folder):
        assert open_source(f"folder:{folder}").image_shape == (6, 8, 3)

    def test_streams_and_both_domains(self, folder, tmp_path):
        streamed = [picture for picture, _ in open_stream(f"folder:{folder}", channels=4).examples]
        np.testing.assert_array_equal(streamed, open_source(f"folder:{folder}", channels=4).examples.images)
        for kind in ("pairs", "unpaired"):
            both = open_domains(f"{kind}:{folder},{folder}", channels=4)
            np.testing.assert_array_equal(both.a.examples.images, streamed)

    def test_two_in_one_file_keep_their_opacity(self, tmp_path):
        picture = noise(6, 12, 4)
        Image.fromarray(picture).save(tmp_path / "ab.png")
        both = open_domains(f"pairs:{tmp_path}", channels=4)
        np.testing.assert_array_equal(both.b.examples.images[0], picture[:, 6:])

    def test_the_range_found_is_that_of_all_channels(self, tmp_path):
        picture = np.full((4, 4, 4), 100, np.uint8)
        picture[0, 0], picture[..., 3] = 40, 140
        Image.fromarray(picture).save(tmp_path / "a.png")
        found = open_source(f"folder:{tmp_path}", channels=4, value_range="auto")
        assert found.value_range == (40, 140)
        assert found.examples.images[0, 0, 0].tolist() == [0, 0, 0, 255]

    def test_more_than_four_are_refused_by_name(self, folder):
        with pytest.raises(InputError, match=r"L\.png must have 1 to 4 channels, .* Received: requested 5\.$"):
            open_source(f"folder:{folder}", channels=5)


@pytest.mark.parametrize("channels", [2, 4, 5])
def test_sources_of_grey_pictures_name_what_they_have(channels):
    with pytest.raises(InputError, match=f"digits must have {channels} channels where .* Received: 1"):
        open_source("digits", channels=channels)
    with pytest.raises(InputError, match=f"stacked:digits must have 3 channels. Received: requested {channels}"):
        open_source("stacked:digits", channels=channels)


def test_prepared_facts_say_how_many(own, tmp_path):
    (tmp_path / "out").mkdir()
    prepare(tmp_path / "out", own((noise(3, 8, 6, 4), noise(2, 8, 6, 4))), channels=4)
    facts = json.loads((tmp_path / "out" / "prepared.json").read_text())
    assert facts["image_shapes"] == {"train": [8, 6, 4], "test": [8, 6, 4]}
