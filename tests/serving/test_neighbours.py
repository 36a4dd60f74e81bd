from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import KDTree

from serving import InputError
from serving.neighbours import nearest_neighbours


@pytest.mark.parametrize("k", [1, 4])
def test_neighbours_are_those_of_a_search_tree(k, monkeypatch):
    rng = np.random.default_rng(0)
    points, references = rng.normal(size=(50, 3, 2, 1)), rng.normal(size=(70, 3, 2, 1))
    flat = (references.reshape(70, 6), points.reshape(50, 6))
    distances, indices = KDTree(flat[0]).query(flat[1], k=range(1, k + 1))
    for block in (5_000_000, 100):
        monkeypatch.setattr("serving.distances.BLOCK_ENTRIES", block)
        found = nearest_neighbours(points, references, k)
        np.testing.assert_array_equal(found[0], indices)
        np.testing.assert_allclose(found[1], distances, rtol=1e-12)


def test_a_row_is_not_its_own_neighbour_but_its_copy_is():
    points = np.array([[0.0], [5.0], [6.0], [0.0]])
    indices, distances = nearest_neighbours(points, points, 2, themselves=True)
    assert indices[:, 0].tolist() == [3, 2, 1, 0]
    np.testing.assert_array_equal(distances, [[0, 5], [1, 5], [1, 6], [0, 5]])


def test_bytes_have_the_distances_of_numbers():
    black, white = np.zeros((1, 2, 2, 1), np.uint8), np.full((1, 2, 2, 1), 255, np.uint8)
    assert nearest_neighbours(black, white)[1] == 510


@pytest.mark.parametrize(
    ("points", "references", "k", "themselves", "message"),
    [
        (np.zeros((2, 3)), np.zeros((2, 4)), 1, False, r"one shape. Received: \(2, 3\) and \(2, 4\)"),
        (np.zeros((2, 3)), np.zeros((2, 3)), 3, False, "at least 3. Received: 2 and 2"),
        (np.zeros((2, 3)), np.zeros((2, 3)), 2, True, "at least 3. Received: 2 and 2"),
        (np.zeros((0, 3)), np.zeros((2, 3)), 1, False, "at least one row"),
        (np.zeros((2, 3)), np.full((2, 3), np.nan), 1, False, "finite"),
        (np.zeros((2, 3)), np.zeros((2, 3)), 0, False, "`k` must be at least 1"),
    ],
)
def test_mistakes_are_named(points, references, k, themselves, message):
    with pytest.raises(InputError, match=message):
        nearest_neighbours(points, references, k, themselves)
