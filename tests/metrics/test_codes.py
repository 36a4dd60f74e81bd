from __future__ import annotations

import numpy as np
import pytest

from keras_gen.metrics import active_units, linear_probe
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
    assert abs(ring - 0.5) < 0.06  # five standard errors of a guess among 2,000


def test_labels_that_do_not_fit_are_named():
    codes = np.zeros((4, 2))
    with pytest.raises(InputError, match=r"a label per code \(4\). Received: 3"):
        linear_probe(codes, np.zeros(3), codes, np.zeros(4))
    with pytest.raises(InputError, match="at least two classes"):
        linear_probe(codes, np.zeros(4), codes, np.zeros(4))
