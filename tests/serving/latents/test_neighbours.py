from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import KDTree

from serving import InputError
from serving.latents.neighbours import nearest_neighbours, nearest_others


@pytest.mark.parametrize("k", [1, 4])
def test_neighbours_are_those_of_a_search_tree(k, monkeypatch):
    rng = np.random.default_rng(0)
    points, references = rng.normal(size=(50, 3, 2, 1)), rng.normal(size=(70, 3, 2, 1))
    flat = (references.reshape(70, 6), points.reshape(50, 6))
    distances, indices = KDTree(flat[0]).query(flat[1], k=range(1, k + 1))
    for block, rows, columns in ((5_000_000, 1000, 5000), (100, 20, 33), (100, 7, 3)):
        monkeypatch.setattr("serving.latents.distances.BLOCK_ENTRIES", block)
        monkeypatch.setattr("serving.latents.neighbours.ROWS", rows)
        monkeypatch.setattr("serving.latents.neighbours.COLUMNS", columns)
        found = nearest_neighbours(points, references, k)
        np.testing.assert_array_equal(found[0], indices)
        np.testing.assert_allclose(found[1], distances, rtol=1e-12)


def test_a_row_is_not_its_own_neighbour_but_its_copy_is():
    points = np.array([[0.0], [5.0], [7.0], [0.0], [10.0]])
    np.testing.assert_array_equal(np.sort(nearest_others(points, 9)), [0, 0, 2, 2, 3])
    some = nearest_others(np.arange(20.0)[:, None] ** 2, 3, seed=1)
    assert len(some) == 3
    assert set(some) <= set(np.arange(1.0, 39, 2))
    with pytest.raises(InputError, match="at least 2"):
        nearest_others(points[:1], 1)


def test_bytes_have_the_distances_of_numbers():
    black, white = np.zeros((1, 2, 2, 1), np.uint8), np.full((1, 2, 2, 1), 255, np.uint8)
    assert nearest_neighbours(black, white)[1] == 510


@pytest.mark.parametrize(
    ("points", "references", "k", "message"),
    [
        (np.zeros((2, 3)), np.zeros((2, 4)), 1, r"one shape. Received: \(2, 3\) and \(2, 4\)"),
        (np.zeros((2, 3)), np.zeros((2, 3)), 3, "at least 3. Received: 2 and 2"),
        (np.zeros((0, 3)), np.zeros((2, 3)), 1, "at least one row"),
        (np.zeros((2, 3)), np.full((2, 3), np.nan), 1, "finite"),
        (np.zeros((2, 3)), np.zeros((2, 3)), 0, "`k` must be at least 1"),
    ],
)
def test_mistakes_are_named(points, references, k, message):
    with pytest.raises(InputError, match=message):
        nearest_neighbours(points, references, k)
