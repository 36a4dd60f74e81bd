"""`keras-gen data` shows what a network will see."""

from __future__ import annotations

import re
from itertools import chain

import numpy as np
import pytest

from keras_gen.data import open_domains
from serving.common.images import read_image, to_uint8, write_png

GREY = {"a": 20, "b": 60, "c": 250}


def cells(file, side, rows, columns):
    """The pictures of a grid whose pixels are enlarged."""
    image = read_image(file)
    height, width = (image.shape[0] - 1) // rows, (image.shape[1] - 1) // columns
    zoom = (height - 1) // side
    assert (height, width) == (side * zoom + 1, side * zoom + 1)
    starts = [[(row * height + 1, column * width + 1) for column in range(columns)] for row in range(rows)]
    return [
        [image[top : top + side * zoom : zoom, left : left + side * zoom : zoom] for top, left in row] for row in starts
    ]


@pytest.fixture
def named(tmp_path):
    for name, level in GREY.items():
        for index in range(3 if name == "b" else 5):
            write_png(tmp_path / "set" / "train" / name / f"{index}.png", np.full((8, 8, 1), level + index, np.uint8))
    for index in range(2):
        write_png(tmp_path / "set" / "test" / "c" / f"{index}.png", np.full((8, 8, 1), 250, np.uint8))
    return f"folder:{tmp_path / 'set'}"


def test_a_row_for_each_class(named, run, tmp_path):
    out = tmp_path / "grid.png"
    code, said, _ = run("data", named, "--columns", 4, "--out", out)
    assert code == 0
    assert f"{named} (train): 13 pictures of 8x8x1, values from -0.843 to 0.992, mean -0.063\n" in said
    assert "classes: a (5), b (3), c (5)\n" in said
    assert "rows: a, b, c\n" in said
    shown = cells(out, 8, 3, 4)
    for row, (name, level) in zip(shown, GREY.items(), strict=True):
        levels = [int(cell.mean()) for cell in row]
        known = 3 if name == "b" else 4
        assert all(level <= one < level + 5 for one in levels[:known])
        assert levels[known:] == [255] * (4 - known)


def test_pictures_are_read_as_training_reads_them(named, run, tmp_path):
    """A range makes 20 black and 250 white; rectangles are cut from the middle of the square pictures."""
    out = tmp_path / "grid.png"
    words = ["--value-range", "20,250", "--image-size", "4x8", "--columns", 1, "--out", out]
    code, said, _ = run("data", named, *words)
    assert code == 0
    assert "13 pictures of 8x4x1, values from -1 to 1" in said
    height, width = read_image(out).shape[:2]
    assert width > (height - 1) // 3


def test_a_class_without_pictures_in_the_split_has_an_empty_row(named, run, tmp_path):
    code, said, _ = run("data", named, "--split", "test", "--columns", 2, "--out", tmp_path / "grid.png")
    assert code == 0
    assert "classes: a (0), b (0), c (2)\n" in said
    assert [int(row[0].mean()) for row in cells(tmp_path / "grid.png", 8, 3, 2)] == [255, 255, 250]


def test_a_target_comes_below(named, run, tmp_path):
    np.savez(tmp_path / "target.npz", x_train=np.full((4, 6, 6), 77, np.uint8))
    words = ["--target", f"npz:{tmp_path / 'target.npz'}", "--image-size", 8, "--columns", 2]
    code, said, _ = run("data", named, *words, "--out", tmp_path / "grid.png")
    assert code == 0
    assert "4 pictures of 8x8x1, values from -0.396 to -0.396" in said
    assert [int(row[0].mean()) for row in cells(tmp_path / "grid.png", 8, 5, 2)][3:] == [77, 77]


def test_augmentation_is_what_a_discriminator_sees(run, tmp_path):
    np.savez(tmp_path / "white.npz", x_train=np.full((4, 8, 8), 255, np.uint8))
    words = ["data", f"npz:{tmp_path / 'white.npz'}", "--columns", 2, "--out", tmp_path / "grid.png"]
    assert run(*words, "--augmentation", "cutout")[0] == 0
    for cell in chain(*cells(tmp_path / "grid.png", 8, 2, 2)):
        # The hole is the middle of the range; its centre is in the picture, a half of each side long.
        hole = cell == 128
        assert (hole | (cell == 255)).all()
        assert 4 <= hole.sum() <= 16
    # White, one half brighter or darker at most.
    _, said, _ = run(*words, "--augmentation", "color")
    low, high = map(float, re.findall(r"in the grid: values from (\S+) to (\S+);", said)[0])
    assert 0.5 <= low < high <= 1.5


def test_pairs_are_cut_out_and_mirrored_alike(run, tmp_path):
    out = tmp_path / "grid.png"
    words = ["edges:digits", "--load-size", 12, "--image-size", 10, "--mirror", "--columns", 3, "--seed", 4]
    code, said, _ = run("data", *words, "--out", out)
    assert code == 0
    assert "rows: A and B in turn, each B below its A\n" in said
    both = open_domains("edges:digits", 12)
    a, b = next(iter(both.endless(9, 4, crop=10, mirror=True)))
    shown = cells(out, 10, 6, 3)
    for index in range(9):
        for domain, expected in enumerate((a, b)):
            np.testing.assert_array_equal(
                shown[2 * (index // 3) + domain][index % 3], to_uint8(expected[index].numpy())
            )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["digits", "--mirror"], "--mirror must be left out for a source of one domain. Received: true."),
        (["edges:digits", "--target", "digits"], "--target must be left out for a source of two domains."),
        (["edges:digits", "--load-size", "12"], "--load-size must be at least --image-size"),
        (["digits", "--augmentation", "cutuot"], "Did you mean 'cutout'?"),
        (["digit"], "Did you mean 'digits'?"),
        (["digits", "--columns", "0"], "`columns` must be at least 1. Received: 0."),
    ],
)
def test_mistakes_are_one_line(refused, tmp_path, words, message):
    assert message in refused("data", *words, "--out", tmp_path / "grid.png")
    assert not (tmp_path / "grid.png").exists()
