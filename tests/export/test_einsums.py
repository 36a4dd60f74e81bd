"""Einsums of many axes are ordered by those that stand side by side, which leaves few orders to try."""

from __future__ import annotations

import numpy as np
import pytest
from keras import layers
from tf2onnx.optimizer.einsum_optimizer import CachedEinsum

from export.einsums import merged, side_by_side
from tests.export.test_layers import FIXED, FREE, exported, network_of

SCORES = "abcdef,aefbg->acdbg"  # of attention in pictures


@pytest.mark.parametrize(
    ("equation", "groups", "short"),
    [
        ("ab,bc->ac", ["a", "b", "c"], "ab,bc->ac"),
        ("nhwc,cd->nhwd", ["nhw", "c", "d"], "ab,bc->ac"),
        ("abcd,def->abcef", ["abc", "d", "ef"], "ab,bc->ac"),
        (SCORES, ["a", "b", "cd", "ef", "g"], "abcd,adbe->acbe"),
        ("ab,ba->ab", ["a", "b"], "ab,ba->ab"),
    ],
)
def test_axes_that_stay_side_by_side_are_one(equation, groups, short):
    assert side_by_side(equation) == groups
    assert merged(equation, groups) == short


@pytest.mark.parametrize("shape", [FIXED, FREE], ids=["fixed", "free"])
def test_attention_in_pictures_is_ordered_and_exported(monkeypatch, shape):
    """Of seven letters 5,040 orders would be tried; five groups have 120."""
    monkeypatch.setattr(CachedEinsum, "einsum_cache", {})
    exported(network_of(shape, lambda image: layers.MultiHeadAttention(2, 3)(image, image)))
    tried = [len(found.timed_permutations_) for found in CachedEinsum.einsum_cache.values() if found.optimize]
    assert 0 < max(tried) <= 121
    generator = np.random.default_rng(0)
    sides = dict(zip("abcdefg", (2, 3, 4, 5, 6, 7, 8), strict=True))
    arrays = [generator.normal(size=[sides[axis] for axis in term]) for term in SCORES.partition("->")[0].split(",")]
    (found,) = (each.equation_ for key, each in CachedEinsum.einsum_cache.items() if key[0] == SCORES)
    assert found != SCORES
    np.testing.assert_allclose(np.einsum(found, *arrays), np.einsum(SCORES, *arrays))
