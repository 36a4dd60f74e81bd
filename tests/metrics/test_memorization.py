from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import mannwhitneyu

from keras_gen.metrics import authenticity, copying_rank
from serving import InputError

RNG = np.random.default_rng(0)
TRAINING, TEST, NEW = (RNG.normal(size=(n, 3)) for n in (300, 200, 250))
BETWEEN = cdist(TRAINING, TRAINING) + np.diag(np.full(300, np.inf))
NEAR = BETWEEN.min(axis=1)


def test_authenticity_is_what_its_definition_says():
    distances = cdist(NEW, TRAINING)
    nearest = distances.argmin(axis=1)
    expected = (distances.min(axis=1) > NEAR[nearest]).mean()
    assert authenticity(NEW, TRAINING, NEAR) == expected
    assert 0.3 < expected < 0.7
    assert authenticity(TRAINING[:50] + 1e-6, TRAINING, NEAR) == 0
    assert authenticity(NEW + 100, TRAINING, NEAR) == 1


def test_the_rank_is_that_of_mann_and_whitney():
    of_new, of_test = (cdist(part, TRAINING).min(axis=1) for part in (NEW, TEST))
    expected = mannwhitneyu(of_new, of_test).statistic / (len(NEW) * len(TEST))
    assert copying_rank(NEW, TRAINING, TEST) == pytest.approx(expected)
    assert copying_rank(TRAINING[:50], TRAINING, TEST) == 0
    assert copying_rank(TEST, TRAINING, TEST) == 0.5
    assert copying_rank(NEW + 100, TRAINING, TEST) == 1


def test_mistakes_are_named():
    with pytest.raises(InputError, match="of one width"):
        authenticity(NEW[:, :2], TRAINING, NEAR)
    with pytest.raises(InputError, match="finite"):
        copying_rank(NEW, TRAINING, np.full((2, 3), np.inf))
