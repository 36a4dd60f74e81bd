from __future__ import annotations

import numpy as np
import pytest

from serving.translation.tiles import Axis, blended
from tests.translators import noise


@pytest.mark.parametrize(
    ("length", "tile", "overlap", "multiple"),
    [(10, 10, 2, 1), (11, 10, 2, 1), (100, 10, 3, 1), (4096, 768, 192, 4), (1024, 512, 128, 256), (33, 8, 7, 1)],
)
def test_tiles_cover_a_side_and_count_one(length, tile, overlap, multiple):
    axis = Axis(length, tile, overlap, multiple)
    assert axis.starts[0] == 0
    assert axis.starts[-1] == length - tile
    assert all(start % multiple == 0 for start in axis.starts[:-1])
    for first, second in zip(axis.starts, axis.starts[1:], strict=False):
        assert 0 < second - first <= tile - min(overlap, tile - multiple)
    total = np.zeros(length)
    for start, weight in zip(axis.starts, axis.weights, strict=True):
        assert weight.min() >= 0
        total[start : start + tile] += weight
    np.testing.assert_allclose(total, 1, atol=1e-6)


def test_a_tile_counts_nothing_at_its_border_unless_it_is_the_pictures():
    axis = Axis(100, 40, 20)
    first, *inner, last = axis.weights
    assert first[0] == last[-1] == 1
    for weight in inner:
        np.testing.assert_array_equal(weight[[0, 1, 2, 3, 4, -5, -4, -3, -2, -1]], 0)
        np.testing.assert_allclose(weight, weight[::-1], atol=1e-6)
    assert np.abs(np.diff(inner[0])).max() < 0.2


@pytest.mark.parametrize(("height", "width", "tile"), [(40, 56, 16), (17, 23, 10), (16, 90, 16)])
def test_tiles_that_are_left_as_they_are_make_the_picture(height, width, tile):
    picture = noise(height, width)
    rows, columns = Axis(height, tile, tile // 4), Axis(width, tile, tile // 4)
    np.testing.assert_array_equal(blended(picture, lambda part: part, rows, columns, 3), picture)


def test_two_tiles_go_over_into_each_other():
    """Tiles of one brightness each: the way from one to the next is a smooth one."""
    brightness = iter([0, 100, 200])
    axis = Axis(56, 24, 8)
    assert axis.starts == [0, 16, 32]
    row = blended(
        np.zeros((8, 56, 1), np.uint8), lambda part: np.full_like(part, next(brightness)), Axis(8, 8, 0), axis, 1
    )[0, :, 0].astype(int)
    assert list(row[:18]) == [0] * 18
    assert (np.diff(row) >= 0).all()
    assert row[24 + 3] == 100
    assert np.diff(row).max() < 50
