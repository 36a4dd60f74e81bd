from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from keras_gen.metrics import active_units, few_label_probe, linear_probe
from serving import InputError


def test_a_unit_is_active_where_its_mean_varies_by_more_than_a_hundredth():
    spread = np.array([1.0, 0.11, 0.09, 0.0])
    means = 5.0 + np.array([[1.0], [-1.0]]) * spread  # variances: the spreads squared
    assert active_units(means).tolist() == [True, True, False, False]


def test_a_probe_finds_classes_that_a_line_separates_and_no_others():
    rng = np.random.default_rng(0)
    codes = rng.standard_normal((4000, 2))
    by_line, by_ring = (codes[:, 0] + codes[:, 1] > 0).astype(int), (np.linalg.norm(codes, axis=1) > 1.177).astype(int)
    half = slice(0, 2000), slice(2000, None)
    line, ring = (linear_probe(codes[half[0]], y[half[0]], codes[half[1]], y[half[1]]) for y in (by_line, by_ring))
    assert line > 0.98
    assert ring < 0.56  # no better than a guess among 2,000 and five of its standard errors


def test_the_probe_regularizes_where_dimensions_are_many_for_the_examples():
    """600 dimensions that each say a little, with noise: a probe as free as 2,000 examples allow learns the noise."""
    rng = np.random.default_rng(0)
    codes = rng.standard_normal((4000, 600))
    labels = (0.15 * codes.sum(axis=1) + 2 * rng.standard_normal(4000) > 0).astype(int)
    fitted, tested = slice(0, 2000), slice(2000, None)
    chosen = linear_probe(codes[fitted], labels[fitted], codes[tested], labels[tested])
    free = LogisticRegression(max_iter=1000).fit(codes[fitted], labels[fitted])
    assert chosen > free.score(codes[tested], labels[tested]) + 0.02


def test_labels_that_do_not_fit_are_named():
    codes = np.zeros((4, 2))
    with pytest.raises(InputError, match=r"a label per code \(4\). Received: 3"):
        linear_probe(codes, np.zeros(3), codes, np.zeros(4))
    with pytest.raises(InputError, match="at least two classes"):
        linear_probe(codes, np.zeros(4), codes, np.zeros(4))


class TestFewLabels:
    def blobs(self, apart):
        """Three classes around the corners of a triangle in the first two of eight dimensions."""
        rng = np.random.default_rng(0)
        labels = np.arange(600) % 3
        corners = apart * np.eye(3, 8)
        codes = corners[labels] + rng.standard_normal((600, 8))
        return codes[:300], labels[:300], codes[300:], labels[300:]

    def test_classes_far_apart_are_told_from_one_example_each(self):
        accuracies = few_label_probe(*self.blobs(apart=20), num_labels=3, draws=4)
        assert accuracies.shape == (4,)
        assert accuracies.min() > 0.99

    def test_draws_differ_and_repeat(self):
        data = self.blobs(apart=1)
        first, again, other = (few_label_probe(*data, num_labels=9, seed=seed) for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert len(set(first)) > 1
        assert not np.array_equal(first, other)

    def test_a_shift_or_a_scale_of_all_codes_changes_nothing(self):
        codes, labels, test_codes, test_labels = self.blobs(apart=1)
        expected = few_label_probe(codes, labels, test_codes, test_labels, 9)
        moved = few_label_probe(7 * codes + 3, labels, 7 * test_codes + 3, test_labels, 9)
        np.testing.assert_allclose(moved, expected, atol=0.01)

    @pytest.mark.parametrize("number", [2, 303])
    def test_every_class_must_have_its_share(self, number):
        with pytest.raises(InputError, match="from 3, one per class, to 300. Received"):
            few_label_probe(*self.blobs(apart=1), num_labels=number)
