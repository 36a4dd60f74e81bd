"""Two domains by name."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from keras_gen.data import open_domains
from serving import InputError


def write(path, value, size=(6, 4), mode="RGB"):
    """A picture of one value, or of several side by side."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.atleast_1d(value).astype(np.uint8)
    pixels = np.broadcast_to(values.repeat(size[0])[None, :], (size[1], size[0] * len(values)))
    Image.fromarray(np.ascontiguousarray(pixels)).convert(mode).save(path)


def values(source):
    """The value of each picture, which has no other."""
    images = source.examples.images
    assert (images == images[:, :1, :1, :1]).all()
    return list(images[:, 0, 0, 0])


def test_pictures_side_by_side(tmp_path):
    for name, (left, right) in {"train/b": (3, 4), "train/a": (1, 2), "test/c": (5, 6)}.items():
        write(tmp_path / f"{name}.png", [left, right])
    both = open_domains(f"pairs:{tmp_path}")
    assert both.paired
    assert both.a.image_shape == both.b.image_shape == (4, 6, 3)
    assert (values(both.a), values(both.b)) == ([1, 3], [2, 4])
    assert values(open_domains(f"pairs:{tmp_path}", split="test").b) == [6]
    assert values(open_domains(f"pairs:{tmp_path}", split="all").a) == [1, 3, 5]
    assert values(both.swapped().a) == [2, 4]


def test_halves_are_brought_to_a_size_apart(tmp_path):
    """Resampled as one picture the border would have mixed the two."""
    write(tmp_path / "x.png", [0, 255], size=(33, 33))
    both = open_domains(f"pairs:{tmp_path}", image_size=8, channels=1)
    assert both.a.image_shape == (8, 8, 1)
    assert (values(both.a), values(both.b)) == ([0], [255])


def test_two_folders_are_matched_by_name(tmp_path):
    for number, name in enumerate(["train/z", "train/a", "test/a"]):
        write(tmp_path / f"photos/{name}.png", number)
        write(tmp_path / f"maps/{name}.bmp", 100 + number)
    name = f"pairs:{tmp_path / 'photos'},{tmp_path / 'maps'}"
    both = open_domains(name)
    assert both.paired
    assert (values(both.a), values(both.b)) == ([1, 0], [101, 100])
    everything = open_domains(name, split="all")
    assert (values(everything.a), values(everything.b)) == ([2, 1, 0], [102, 101, 100])


@pytest.mark.parametrize("two", [False, True])
def test_unpaired_sets_may_have_different_lengths(tmp_path, two):
    layout = "{domain}/{split}/{n}.png" if two else "{split}{domain}/{n}.png"
    for split, domain, count, first in (
        ("train", "A", 3, 0),
        ("train", "B", 2, 10),
        ("test", "A", 1, 20),
        ("test", "B", 1, 30),
    ):
        for n in range(count):
            write(tmp_path / layout.format(split=split, domain=domain, n=n), first + n)
    name = f"unpaired:{tmp_path / 'A'},{tmp_path / 'B'}" if two else f"unpaired:{tmp_path}"
    both = open_domains(name)
    assert not both.paired
    assert (values(both.a), values(both.b)) == ([0, 1, 2], [10, 11])
    assert len(both) == 3
    test = open_domains(name, split="test")
    assert (values(test.a), values(test.b)) == ([20], [30])
    assert sorted(values(open_domains(name, split="all").a)) == [0, 1, 2, 20]


def test_grey_pictures_among_colour_ones_and_any_aspect_ratio(tmp_path):
    write(tmp_path / "trainA/0.png", 7, size=(20, 5), mode="L")
    write(tmp_path / "trainA/1.png", 9, size=(5, 20))
    write(tmp_path / "trainB/0.png", 11, size=(30, 40), mode="L")
    both = open_domains(f"unpaired:{tmp_path}", image_size=4)
    assert both.a.image_shape == both.b.image_shape == (4, 4, 3)
    assert (values(both.a), values(both.b)) == ([7, 9], [11])


def test_a_comma_in_a_folders_name_is_no_second_folder(tmp_path):
    write(tmp_path / "a,b/x.png", [1, 2])
    assert values(open_domains(f"pairs:{tmp_path / 'a,b'}").b) == [2]


def mistakes(root):
    write(root / "odd/x.png", 1, size=(7, 4))
    write(root / "left/x.png", 1)
    write(root / "left/y.png", 1)
    write(root / "right/x.png", 1)
    write(root / "twice/x.png", 1)
    write(root / "twice/x.bmp", 1)
    write(root / "half/trainA/x.png", 1)
    write(root / "sizes/trainA/x.png", 1, size=(4, 4))
    write(root / "sizes/trainB/x.png", 1, size=(6, 4))
    (root / "empty").mkdir()
    return [
        (f"pairs:{root}/odd", "two pictures of one size in each file. Received: 7x4 .*odd/x.png"),
        (f"pairs:{root}/left,{root}/right", "the same names in both folders. Received: .*left/y.png alone"),
        (f"pairs:{root}/right,{root}/left", "the same names in both folders. Received: .*left/y.png alone"),
        (f"pairs:{root}/twice,{root}/right", "one picture of each name. Received: .*x.bmp and x.png"),
        (f"pairs:{root}/empty", "must hold pictures. Received: a folder without any"),
        (f"pairs:{root}/nowhere", "must be a folder. Received: no such folder"),
        (f"pairs:{root}/left,{root}/right,{root}/odd", "one folder or two, as in PATH_A,PATH_B"),
        (f"unpaired:{root}/half", "must have the folder trainB. Received: no .*half/trainB"),
        (f"unpaired:{root}/left,{root}/empty", "pictures of both domains. Received: a folder without any, .*empty"),
        (f"unpaired:{root}/sizes", "one shape; .* Received: 4x4x3 .* and 6x4x3"),
        (f"pair:{root}", "two domains must be pairs:PATH, .* Received: .* Did you mean 'pairs'"),
        ("pairs:", "as in pairs:PATH. Received: 'pairs:'"),
        ("digits", "two domains must be pairs:PATH"),
    ]


@pytest.mark.parametrize("number", range(13))
def test_mistakes_are_named(tmp_path, number):
    name, message = mistakes(tmp_path)[number]
    with pytest.raises(InputError, match=message):
        open_domains(name)
