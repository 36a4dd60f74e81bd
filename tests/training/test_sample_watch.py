from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import distance

from keras_gen.training.sample_watch import SAMPLES, SampleWatch, pairwise_distances
from keras_gen.training.spec import ModelSpec

SHAPE = (6, 5, 2)


def noise(n=SAMPLES, seed=0, scale=0.5):
    return np.clip(np.random.default_rng(seed).normal(scale=scale, size=(n, *SHAPE)), -1, 1).astype(np.float32)


class Drawer:
    """A made-up model: its samples are given."""

    def __init__(self, samples, classes=()):
        self.samples = samples
        self.spec = ModelSpec(labelled=bool(classes), classes=tuple(classes))

    def sample(self, n, seed):
        assert (n, seed) == (SAMPLES, 0)
        return self.samples


def bright(images):
    """A classifier of four classes: brightness by quarters."""
    return np.clip(np.floor((images.mean(axis=(1, 2, 3)) + 1) * 2), 0, 3).astype(int)


def flat(levels):
    """Pictures of one value each."""
    return np.asarray(levels, np.float32)[:, None, None, None] * np.ones(SHAPE, np.float32)


def test_distances_are_root_mean_squares():
    pictures = noise(20)
    expected = distance.squareform(distance.pdist(pictures.reshape(20, -1).astype(np.float64))) / np.sqrt(60)
    received = pairwise_distances(pictures)
    assert np.isinf(np.diag(received)).all()
    np.testing.assert_allclose(np.where(np.eye(20), 0, received), expected, atol=1e-7)


def test_other_pictures_of_the_data_are_what_is_to_be_expected():
    figures = SampleWatch(noise())(Drawer(noise(seed=1)))
    assert figures["sample_diversity"] == pytest.approx(1.0, abs=0.02)
    assert (figures["sample_broken"], figures["sample_duplicates"]) == (0.0, 0.0)


def test_diversity_is_a_share_of_that_of_the_data():
    pictures = noise()
    assert SampleWatch(pictures)(Drawer(0.3 * pictures))["sample_diversity"] == pytest.approx(0.3, rel=1e-6)


def test_one_picture_again_and_again_has_no_diversity():
    figures = SampleWatch(noise())(Drawer(np.repeat(noise(1), SAMPLES, axis=0)))
    assert figures["sample_diversity"] == pytest.approx(0.0, abs=1e-6)
    assert figures["sample_duplicates"] == 1.0


def test_duplicates_are_samples_that_have_a_double():
    samples = noise(seed=1)
    samples[:10] = samples[10:20]  # ten pairs
    samples[30] = samples[31] = samples[32]  # and one of three
    assert SampleWatch(noise())(Drawer(samples))["sample_duplicates"] == pytest.approx(23 / SAMPLES)


def test_near_is_a_fifth_of_the_distance_of_neighbours_in_the_data():
    # Greys 0.1 apart: every neighbour is at 0.1.
    data = flat(np.linspace(-1, 1, 21))
    samples = flat(np.linspace(-1, 1, SAMPLES // 2).repeat(2))
    for gap, expected in ((0.019, 1.0), (0.021, 0.0)):
        apart = samples * 10.0
        apart[::2] += gap
        assert SampleWatch(data)(Drawer(apart))["sample_duplicates"] == expected


def test_pixels_that_are_not_finite_are_counted_and_left_out():
    samples = noise(seed=1)
    samples[:64, 0, 0, 0] = np.nan
    samples[64:128, 1, 1, 1] = np.inf
    figures = SampleWatch(noise())(Drawer(samples))
    assert figures["sample_broken"] == 0.5
    assert figures["sample_diversity"] == pytest.approx(1.0, abs=0.02)
    assert SampleWatch(noise())(Drawer(samples * np.nan)) == {"sample_broken": 1.0}


def test_modes_are_classes_found_as_a_share_of_those_of_the_data():
    data = flat(np.linspace(-0.99, 0.99, SAMPLES))
    for levels, expected in (((-0.9, 0.9), 0.5), ((-0.9,), 0.25), ((-0.9, -0.4, 0.4, 0.9), 1.0)):
        watch = SampleWatch(data, bright)
        assert watch(Drawer(flat(np.resize(levels, SAMPLES))))["sample_modes"] == expected
    # Two of the four classes are not in the data.
    watch = SampleWatch(np.abs(data), bright)
    assert watch(Drawer(flat(np.full(SAMPLES, 0.9))))["sample_modes"] == 0.5
    assert set(watch.names(labelled=False)) == set(watch(Drawer(data)))


def test_a_model_that_is_told_the_class_is_measured_by_whether_it_obeys():
    data = flat(np.linspace(-0.99, 0.99, SAMPLES))
    obedient = flat(np.resize([-0.9, -0.4, 0.4, 0.9], SAMPLES))
    watch = SampleWatch(data, bright)
    assert watch(Drawer(obedient, tuple("abcd")))["sample_agreement"] == 1.0
    assert watch(Drawer(flat(np.full(SAMPLES, 0.4)), tuple("abcd")))["sample_agreement"] == 0.25
    assert set(watch.names(labelled=True)) == set(watch(Drawer(obedient, tuple("abcd"))))


@pytest.mark.parametrize("n", [1, 5])
def test_data_without_any_variety_is_no_reason_to_complain(n):
    figures = SampleWatch(np.repeat(noise(1), n, axis=0))(Drawer(noise()))
    assert (figures["sample_diversity"], figures["sample_duplicates"]) == (1.0, 0.0)
