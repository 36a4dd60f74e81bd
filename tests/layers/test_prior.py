from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from scipy import stats

from keras_gen.layers import LatentPrior, Prior
from serving.bundle.schema import SCHEMA
from serving.common.noise import standard_normal

DRAWS = 20_000


def draws(kind, size=2, components=4, labels=None):
    prior = LatentPrior(kind, size, components)
    return np.asarray(prior(standard_normal(1, DRAWS, prior.noise_size), labels))


def test_the_normal_prior_is_the_noise():
    np.testing.assert_array_equal(draws("standard_normal", 3), standard_normal(1, DRAWS, 3))


def turned_back(latents, components):
    """Petals turned onto the first axis, and which one each was."""
    angle = np.arctan2(latents[:, 1], latents[:, 0])
    petal = np.rint(angle * components / (2 * np.pi)) % components
    turn = petal * 2 * np.pi / components
    along = np.cos(turn) * latents[:, 0] + np.sin(turn) * latents[:, 1]
    across = -np.sin(turn) * latents[:, 0] + np.cos(turn) * latents[:, 1]
    return petal.astype(int), along, across


def test_a_mixture_has_equal_petals_of_the_stated_shape():
    petal, along, across = turned_back(draws("mixture"), 4)
    assert stats.chisquare(np.bincount(petal, minlength=4)).pvalue > 0.01
    assert stats.kstest(along, stats.norm(2.0, 0.5).cdf).pvalue > 0.01
    assert stats.kstest(across, stats.norm(0.0, 0.1).cdf).pvalue > 0.01


def test_a_label_names_a_petal():
    labels = np.arange(DRAWS) % 4
    petal, _, _ = turned_back(draws("mixture", labels=labels), 4)
    # Draws that cross the centre, four deviations away, count for the petal opposite.
    assert (petal == labels).mean() > 0.999


def test_a_roll_is_a_spiral_of_two_turns_evenly_filled():
    latents = draws("swiss_roll")
    radius = np.linalg.norm(latents, axis=1)
    assert stats.kstest((radius / 3.0) ** 2, "uniform").statistic < 0.02  # blurred by the roll's thickness
    far = radius > 0.5
    turns = np.arctan2(latents[far, 1], latents[far, 0]) / (2 * np.pi)
    off = (2.0 * radius[far] / 3.0 - turns + 0.5) % 1.0 - 0.5
    # A deviation of 0.05 in the radius is 2 / 3 * 0.05 of a turn.
    assert off.std() == pytest.approx(2 / 3 * 0.05, rel=0.05)


def test_a_label_names_a_piece_of_the_roll():
    labels = np.arange(DRAWS) % 4
    place = (np.linalg.norm(draws("swiss_roll", labels=labels), axis=1) / 3.0) ** 2 * 4
    assert np.abs(place - labels - 0.5).max() < 0.5 + 0.8  # five deviations of the thickness
    assert (np.floor(place) == labels).mean() > 0.85


def test_longer_latents_are_independent_planes():
    latents = draws("mixture", size=4)
    assert latents.shape == (DRAWS, 4)
    first, second = turned_back(latents[:, :2], 4)[0], turned_back(latents[:, 2:], 4)[0]
    table = np.histogram2d(first, second, bins=4)[0]
    assert stats.chi2_contingency(table).pvalue > 0.01


def test_a_bundle_can_name_every_prior():
    named = SCHEMA["properties"]["latent"]["properties"]["prior"]["enum"]
    assert {*get_args(Prior), "codes", "fitted", "masked_codes", "mapped", None} == set(named)
