from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from keras_gen.metrics import density_coverage, precision_recall
from keras_gen.metrics.manifold import squared_distances_to_others
from serving import InputError


def radii(points, k):
    return np.sort(cdist(points, points), axis=1)[:, k]  # the smallest is the point's own


@pytest.fixture
def sets():
    rng = np.random.default_rng(0)
    return rng.normal(0.5, 1.0, (60, 3)), rng.normal(0, 1.2, (80, 3))


@pytest.mark.parametrize("block", [5_000_000, 200])
def test_all_four_are_counts_over_all_pairs(sets, block, monkeypatch):
    monkeypatch.setattr("serving.latents.distances.BLOCK_ENTRIES", block)
    samples, data = sets
    distances = cdist(samples, data)
    precision = (distances <= radii(data, 3)).any(axis=1).mean()
    recall = (distances <= radii(samples, 3)[:, None]).any(axis=0).mean()
    assert 0.3 < precision < 1
    assert 0.3 < recall < 1
    assert precision_recall(samples, data) == pytest.approx((precision, recall))
    inside = distances <= radii(data, 5)
    assert density_coverage(samples, data) == pytest.approx((inside.sum() / (5 * 60), inside.any(axis=0).mean()))


@pytest.mark.parametrize("metric", [precision_recall, density_coverage])
@pytest.mark.parametrize("k", [1, 3, 5])
def test_known_distances_of_the_data_give_the_same_figures(sets, metric, k):
    samples, data = sets
    assert metric(samples, data, k, squared_distances_to_others(data, 5)) == metric(samples, data, k)


def test_distances_to_others_ascend_and_end_with_the_points(sets):
    points, _ = sets
    np.testing.assert_allclose(
        squared_distances_to_others(points, 4), np.sort(cdist(points, points), axis=1)[:, 1:5] ** 2, atol=1e-12
    )
    assert squared_distances_to_others(points[:3], 5).shape == (3, 2)
    assert squared_distances_to_others(points[:1], 5).shape == (1, 0)


def test_points_on_a_line():
    """The data have the radii 1, 1, 1 and 8, the samples 48.5, 1.5 and 1.5."""
    data, samples = np.array([[0.0], [1], [2], [10]]), np.array([[1.5], [50], [51.5]])
    assert precision_recall(samples, data, k=1) == (1 / 3, 1)
    assert density_coverage(samples, data, k=1) == (2 / 3, 2 / 4)
    # The ball around 10 is closed and ends at 2, as that around 2 ends at 1.
    assert density_coverage(np.array([[2.0], [2.0]]), data, k=1) == (6 / 2, 3 / 4)


def test_equal_sets_and_distant_ones(sets):
    samples, data = sets
    assert precision_recall(data, data) == (1, 1)
    assert density_coverage(data, data)[1] == 1
    assert precision_recall(samples + 100, data) == (0, 0)
    assert density_coverage(samples + 100, data) == (0, 0)


def test_equal_distributions_have_the_density_and_coverage_of_the_paper():
    """Density 1; coverage `1 - (m-1)...(m-k) / ((n+m-1)...(n+m-k))` for m data and n samples, whatever they are."""
    rng, k, n, m = np.random.default_rng(1), 5, 40, 60
    found = np.array([density_coverage(rng.normal(size=(n, 2)), rng.normal(size=(m, 2)), k) for _ in range(400)])
    steps = np.arange(1, k + 1)
    expected = [1, 1 - np.prod((m - steps) / (n + m - steps))]
    assert (np.abs(found.mean(axis=0) - expected) < 4 * found.std(axis=0) / np.sqrt(len(found))).all()


@pytest.mark.parametrize("metric", [precision_recall, density_coverage])
def test_mistakes_are_named(metric):
    draws = np.random.default_rng(0).normal(size=(5, 4))
    cases = [
        ((draws, draws, 5), "at least 6 of each set. Received: 5 and 5"),
        ((draws, draws[:, :3], 2), "one width"),
        ((draws, np.where(draws > 0, draws, np.nan), 2), "finite"),
        ((draws, draws, 0), "`k` must be at least 1"),
    ]
    for arguments, message in cases:
        with pytest.raises(InputError, match=message):
            metric(*arguments)
