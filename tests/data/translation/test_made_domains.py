"""Domains that are made of one source, whose right translations are known."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from keras_gen.data import open_domains, open_source
from keras_gen.data.examples import Shape
from keras_gen.data.kinds import DOMAINS
from keras_gen.data.made_smaller import enlarged_by
from keras_gen.data.opening import place_of
from keras_gen.data.preparing import prepare
from keras_gen.data.sources.colour import LUMINANCE, linear
from keras_gen.data.sources.edges import outlines
from keras_gen.data.sources.textured import textured
from serving import InputError
from serving.common.images import to_uint8, write_png


def boxes(count=3, side=16):
    """Light squares of 8 pixels on black, at different places."""
    images = np.zeros((count, side, side, 1), np.uint8)
    for index in range(count):
        images[index, 2 + index % 4 : 10 + index % 4, 4:12] = 200
    return images


def test_the_outline_of_a_square_is_its_border():
    images = boxes()
    found = outlines(images)[..., 0]
    assert set(np.unique(found)) == {0, 255}
    for index, picture in enumerate(found):
        rows, columns = np.nonzero(picture == 0)
        distance = np.maximum(np.abs(rows - (5.5 + index)), np.abs(columns - 7.5))
        assert distance.min() >= 3  # the border is between 3.5 and 4.5 pixels from the centre
        assert distance.max() <= 5
        for side in (rows < 5 + index, rows > 6 + index, columns < 7, columns > 8):
            assert side.sum() >= 6  # corners are rounded off


def test_pictures_do_not_meet_in_their_outlines():
    images = boxes()
    together = outlines(images)
    for index in range(3):
        np.testing.assert_array_equal(outlines(images[index : index + 1])[0], together[index])
    assert (outlines(np.full((2, 9, 9, 3), 90, np.uint8)) == 255).all()


def test_edges_are_pairs_with_labels():
    both = open_domains("edges:digits", image_size=16, channels=3, split="test")
    source = open_source("digits", 16, 3, "test")
    assert both.paired
    np.testing.assert_array_equal(both.b.examples.images, source.examples.images)
    for part in (both.a, both.b):
        assert part.image_shape == (16, 16, 3)
        np.testing.assert_array_equal(part.examples.labels, source.examples.labels)
    np.testing.assert_array_equal(both.a.examples.images, outlines(source.examples.images))


@pytest.mark.parametrize("split", ["train", "test", "all"])
def test_textured_domains_share_no_picture(split):
    source = open_source("digits", split=split)
    both = open_domains("textured:digits", split=split)
    assert not both.paired
    assert len(both.a) + len(both.b) == len(source)
    np.testing.assert_array_equal(both.a.examples.images[:, :, :, 1], 255 - source.examples.images[::2, :, :, 0])
    for part, first in ((both.a, 0), (both.b, 1)):
        assert part.image_shape == (8, 8, 3)
        assert part.classes == source.classes
        np.testing.assert_array_equal(part.examples.labels, source.examples.labels[first::2])
    again = open_domains("textured:digits", split=split)
    np.testing.assert_array_equal(again.b.examples.images, both.b.examples.images)


def test_figures_are_darker_than_what_they_are_on():
    images = boxes(count=200)
    drawn = textured(images, np.random.default_rng(1)).astype(float)
    inside = images[..., 0] > 0
    ink = np.stack([picture[where].mean(axis=0) for picture, where in zip(drawn, inside, strict=True)])
    ground = np.stack([picture[~where].mean(axis=0) for picture, where in zip(drawn, inside, strict=True)])
    assert (ground.mean(axis=1) - ink.mean(axis=1)).min() > 10
    assert drawn[~inside].min() >= 127
    assert len(np.unique(np.rint(ink), axis=0)) > 190
    spread = np.stack([picture[~where].std(axis=0) for picture, where in zip(drawn, inside, strict=True)])
    assert np.median(spread) > 5


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("textured:digits", {"channels": 1}, "textured:digits must have 3 channels. Received: requested 1"),
        ("edges:nothing", {}, "the data source must be"),
        ("edge:digits", {}, "Did you mean 'edges'?"),
        ("edges:", {}, "as in edges:SOURCE. Received: 'edges:'."),
    ],
)
def test_mistakes_are_named(name, options, message):
    with pytest.raises(InputError) as error:
        open_domains(name, **options)
    assert message in str(error.value)


def test_colours_are_pairs_with_the_grey_of_the_same_lightness(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), np.uint8)
    np.savez(tmp_path / "p.npz", images=images)
    both = open_domains(f"colour:npz:{tmp_path / 'p.npz'}", split="all")
    assert both.paired
    np.testing.assert_array_equal(both.b.examples.images, images)
    grey = both.a.examples.images
    assert grey.shape == images.shape
    assert (grey == grey[..., :1]).all()
    luminance = linear(images / 255) @ LUMINANCE
    assert np.abs(linear(grey[..., 0] / 255) - luminance).max() < 0.006
    with pytest.raises(InputError, match="colour:SOURCE must be made of RGB pictures. Received: 1 channels"):
        open_domains("colour:digits")


def test_by_how_much_data_was_made_smaller(tmp_path):
    """Also where it was prepared."""
    place = tmp_path / "made"
    place.mkdir()
    prepare(place, "smaller:digits")
    data = ("smaller:digits", "smaller4:folder:x", "colour:digits", f"prepared:{place}", "prepared:none", "")
    assert [enlarged_by(each) for each in data] == [2, 4, 1, 2, 1, 1]


@pytest.mark.parametrize(("kind", "factor"), [("smaller", 2), ("smaller4", 4)])
def test_smaller_pictures_are_shown_by_repeated_pixels(kind, factor):
    both = open_domains(f"{kind}:digits", image_size=16, split="test")
    source = open_source("digits", 16, split="test")
    np.testing.assert_array_equal(both.b.examples.images, source.examples.images)
    np.testing.assert_array_equal(both.a.examples.labels, source.examples.labels)
    given = both.a.examples.images
    small = given[:, ::factor, ::factor]
    np.testing.assert_array_equal(given, small.repeat(factor, axis=1).repeat(factor, axis=2))
    means = source.examples.images.reshape(-1, 16 // factor, factor, 16 // factor, factor, 1).mean((2, 4))
    assert np.abs(small - means).mean() < 12
    with pytest.raises(InputError, match=f"sides that are multiples of {factor}. Received: 9x9"):
        open_domains(f"{kind}:digits", image_size=9)


@pytest.mark.parametrize("name", ["colour", "smaller", "smaller4"])
def test_they_can_be_prepared_one_by_one(name, tmp_path):
    """Streamed pairs are those in memory."""
    for index in range(3):
        picture = np.random.default_rng(index).integers(0, 256, (8, 8, 3), np.uint8)
        (tmp_path / "in" / "train").mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(tmp_path / "in" / "train" / f"{index}.png")
    whole = open_domains(f"{name}:folder:{tmp_path / 'in'}", image_size=8, split="train")
    location = f"folder:{tmp_path / 'in'}"
    kind = DOMAINS[name]
    (stream,) = kind.stream(place_of(kind.form, location), "train", Shape((8, 8)))
    assert stream.name == f"{name}:{location}"
    pairs = np.stack([pair for pair, _ in stream.examples])
    np.testing.assert_array_equal(pairs[:, 0], whole.a.examples.images)
    np.testing.assert_array_equal(pairs[:, 1], whole.b.examples.images)


class TestCrops:
    def test_parts_of_two_pictures_are_at_random_places(self, tmp_path):
        pictures = [np.random.default_rng(seed).integers(0, 256, (20, 30, 3), np.uint8) for seed in (0, 1)]
        for name, picture in zip("ab", pictures, strict=True):
            write_png(tmp_path / f"{name}.png", picture)
        location = f"parts:{tmp_path / 'a.png'},{tmp_path / 'b.png'}"
        both = open_domains(location, image_size=8)
        assert (len(both.a), len(both.b), both.paired) == (1000, 1000, False)
        for source, picture in zip((both.a, both.b), pictures, strict=True):
            windows = np.lib.stride_tricks.sliding_window_view(picture, (8, 8, 3))[:, :, 0].reshape(-1, 8, 8, 3)
            known = {window.tobytes() for window in windows}
            found = {part.tobytes() for part in to_uint8(source.examples.images)}
            assert found <= known
            assert len(found) > 200
        again, test = open_domains(location, image_size=8), open_domains(location, image_size=8, split="test")
        np.testing.assert_array_equal(again.a.examples.images, both.a.examples.images)
        assert len(test.a) == 100

    def test_mistakes_are_named(self, tmp_path):
        write_png(tmp_path / "a.png", np.zeros((20, 30, 3), np.uint8))
        with pytest.raises(InputError, match="must name two picture files"):
            open_domains(f"parts:{tmp_path / 'a.png'}", image_size=8)
        with pytest.raises(InputError, match=r"at least as large as its parts, 24x24. Received: 30x20."):
            open_domains(f"parts:{tmp_path / 'a.png'},{tmp_path / 'a.png'}", image_size=24)
