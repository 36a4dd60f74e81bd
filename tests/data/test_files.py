"""Picture files as training pictures: every format, and what has several frames."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from keras_gen.data import open_domains, open_source
from keras_gen.data.preparing import prepare
from serving import InputError


def levels(count, start=0):
    return [Image.new("L", (6, 5), start + 10 * index) for index in range(count)]


@pytest.fixture
def mixed(tmp_path):
    """Class a: a TIFF file of three pages and a picture; class b: a picture."""
    for name in "ab":
        (tmp_path / "x" / name).mkdir(parents=True)
    pages = levels(3)
    pages[0].save(tmp_path / "x" / "a" / "0.tif", save_all=True, append_images=pages[1:])
    levels(1, 100)[0].save(tmp_path / "x" / "a" / "1.jfif", "JPEG", quality=100)
    levels(1, 200)[0].save(tmp_path / "x" / "b" / "2.tga")
    return tmp_path / "x"


def test_a_file_of_several_frames_is_refused_and_named(mixed):
    with pytest.raises(InputError, match=r"0\.tif must hold one picture; --frames first .* Received: 3 frames"):
        open_source(f"folder:{mixed}")


@pytest.mark.parametrize(
    ("frames", "expected", "labels"),
    [("first", [0, 100, 200], [0, 0, 1]), ("all", [0, 10, 20, 100, 200], [0, 0, 0, 0, 1])],
)
def test_the_first_frame_or_each(mixed, tmp_path, frames, expected, labels):
    source = open_source(f"folder:{mixed}", frames=frames)
    (tmp_path / "prepared").mkdir()
    prepare(tmp_path / "prepared", f"folder:{mixed}", frames=frames)
    for opened in (source, open_source(f"prepared:{tmp_path / 'prepared'}")):
        assert opened.examples.images[:, 0, 0, 0].tolist() == expected
        assert opened.examples.labels.tolist() == labels


def test_of_two_domains(mixed):
    both = open_domains(f"unpaired:{mixed / 'a'},{mixed / 'b'}", frames="all")
    assert (len(both.a), len(both.b)) == (4, 1)
    with pytest.raises(InputError, match="--frames must be first for pairs:"):
        open_domains(f"pairs:{mixed / 'a'},{mixed / 'a'}", frames="all")
    pairs = open_domains(f"pairs:{mixed / 'a'},{mixed / 'a'}", frames="first")
    np.testing.assert_array_equal(pairs.a.examples.images, pairs.b.examples.images)


def test_another_choice_is_named(mixed):
    with pytest.raises(InputError, match="`frames` must be"):
        open_source(f"folder:{mixed}", frames="last")
