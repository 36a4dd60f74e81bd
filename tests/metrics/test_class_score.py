from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import entropy

from keras_gen.metrics import class_score
from serving import InputError


def test_the_score_runs_from_one_to_the_number_of_classes():
    certain = np.eye(5)[np.arange(50) % 5]
    assert class_score(certain) == pytest.approx((5, 0))
    assert class_score(np.full((50, 5), 0.2)) == pytest.approx((1, 0))
    assert class_score(certain[::5]) == pytest.approx((1, 0))  # sure, but of one class alone


def test_parts_are_scored_alone_by_their_divergence():
    probabilities = np.random.default_rng(0).dirichlet(np.full(6, 0.3), 23)
    scores = []
    for part in (probabilities[:8], probabilities[8:16], probabilities[16:]):  # 23 rows in three parts
        scores.append(np.exp(np.mean([entropy(row, part.mean(axis=0)) for row in part])))
    expected = (np.mean(scores), np.std(scores))
    assert class_score(probabilities, splits=3) == pytest.approx(expected, rel=1e-10)
    assert class_score(probabilities.astype(np.float32), splits=3) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        (np.full((9, 2), 0.5), r"at least 10 samples \(n, classes\). Received: \(9, 2\)"),
        (np.full(20, 0.5), "at least 10 samples"),
        (np.full((20, 2), 0.4), "sum to 1"),
        (np.tile([1.5, -0.5], (20, 1)), "at least 0"),
        (np.full((20, 2), np.nan), "sum to 1"),
    ],
)
def test_mistakes_are_named(probabilities, message):
    with pytest.raises(InputError, match=message):
        class_score(probabilities)
