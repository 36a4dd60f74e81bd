from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from serving import InputError
from serving.latents.latent_space import interpolate, manifold, traverse


def test_a_manifold_is_even_in_the_priors_probability():
    latents = manifold(4, side=5, dimensions=(2, 0))
    assert latents.shape == (25, 4)
    probabilities = scipy.stats.norm.cdf(latents).reshape(5, 5, 4)
    even = np.linspace(0.02, 0.98, 5)
    np.testing.assert_allclose(probabilities[0, :, 2], even, rtol=1e-5)
    np.testing.assert_allclose(probabilities[:, 0, 0], even, rtol=1e-5)
    assert (latents[:, [1, 3]] == 0).all()


def test_a_manifold_over_draws_is_even_in_their_probability():
    rng = np.random.default_rng(0)
    draws = np.stack([rng.uniform(0, 1, 200_000), rng.exponential(2.0, 200_000), rng.normal(5, 1, 200_000)], axis=1)
    latents = manifold(3, side=5, dimensions=(1, 0), draws=draws).reshape(5, 5, 3)
    even = np.linspace(0.02, 0.98, 5)
    np.testing.assert_allclose(latents[2, :, 1], scipy.stats.expon.ppf(even, scale=2.0), rtol=0.03)
    np.testing.assert_allclose(latents[:, 2, 0], even, atol=0.01)
    np.testing.assert_allclose(latents[..., 2], draws[:, 2].mean(), rtol=1e-6)
    assert latents.dtype == np.float32


def test_a_linear_way_is_straight_and_passes_its_stations_once():
    stations = np.array([[0.0, 0.0], [3.0, 6.0], [3.0, 0.0]])
    expected = [[0, 0], [1, 2], [2, 4], [3, 6], [3, 4], [3, 2], [3, 0]]
    np.testing.assert_allclose(interpolate(stations, steps=4, path="linear"), expected, atol=1e-6)


def test_a_spherical_way_turns_evenly_and_keeps_to_the_sphere():
    way = interpolate(np.array([[2.0, 0.0], [0.0, 2.0]]), steps=4)
    angles = np.radians([0, 30, 60, 90])
    np.testing.assert_allclose(way, 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1), atol=1e-6)


def test_a_spherical_way_between_lengths_changes_the_length_evenly():
    way = interpolate(np.array([[1.0, 0.0], [0.0, 3.0]]), steps=5)
    np.testing.assert_allclose(np.linalg.norm(way, axis=1), [1, 1.5, 2, 2.5, 3], rtol=1e-6)


@pytest.mark.parametrize("end", [[2.0, 0.0], [-2.0, 0.0], [0.0, 0.0]])
def test_ways_without_an_arc_of_their_own_are_straight(end):
    stations = np.array([[1.0, 0.0], end])
    np.testing.assert_allclose(interpolate(stations, 3), interpolate(stations, 3, "linear"), atol=1e-5)


def test_a_traversal_moves_one_dimension_a_row():
    rows = traverse(np.array([0.1, 0.2, 0.3]), [2, 0], steps=3, reach=2.0).reshape(2, 3, 3)
    np.testing.assert_allclose(rows[0], [[0.1, 0.2, -2], [0.1, 0.2, 0], [0.1, 0.2, 2]], rtol=1e-6)
    np.testing.assert_allclose(rows[1], [[-2, 0.2, 0.3], [0, 0.2, 0.3], [2, 0.2, 0.3]], rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: manifold(1), "`size` must be at least 2. Received: 1."),
        (lambda: manifold(3, dimensions=(0, 3)), "2 of 0 to 2. Received: 0, 3."),
        (lambda: manifold(3, draws=np.zeros((4, 2))), "`draws` must have the shape (n, 3). Received: (4, 2)."),
        (lambda: manifold(3, draws=np.zeros((0, 3))), "`draws` must have the shape (n, 3). Received: (0, 3)."),
        (lambda: interpolate(np.zeros((1, 2))), "at least two latents. Received: (1, 2)."),
        (lambda: interpolate(np.zeros((2, 2)), steps=1), "`steps` must be at least 2. Received: 1."),
        (lambda: interpolate(np.zeros((2, 2)), path="curved"), "Received: 'curved'."),
        (lambda: traverse(np.zeros(3), [3]), "1 of 0 to 2. Received: 3."),
        (lambda: traverse(np.zeros(3), []), "`dimensions` must be"),
    ],
)
def test_impossible_wishes_are_named(call, message):
    with pytest.raises(InputError) as error:
        call()
    assert message in str(error.value)
