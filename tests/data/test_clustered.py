from __future__ import annotations

import numpy as np
import pytest

from keras_gen.data import open_source
from keras_gen.data.sources.clustered import equal_groups
from serving import InputError


def test_those_who_lose_least_make_room_for_others():
    """Three are nearest to the first group, which has room for two; the second of them loses least by another."""
    distances = np.array([[0, 9], [1, 2], [0, 5], [7, 0]], np.float32)
    assert equal_groups(distances).tolist() == [0, 1, 0, 1]


def test_a_full_group_sends_the_rest_on_until_all_have_one():
    near_the_first = np.tile(np.array([0, 1, 2], np.float32), (7, 1))
    np.testing.assert_array_equal(np.bincount(equal_groups(near_the_first)), [3, 2, 2])


def test_kinds_of_pictures_are_groups_of_test_pictures(tmp_path):
    """Dark, grey and bright ones, with noise that is much smaller than what lies between."""
    rng = np.random.default_rng(0)
    kinds = np.concatenate([rng.permutation(np.repeat([20, 120, 220], count)) for count in (20, 10)])
    images = np.clip(kinds[:, None, None, None] + rng.integers(-9, 10, (90, 40, 20, 1)), 0, 255).astype(np.uint8)
    np.savez(tmp_path / "kinds.npz", x_train=images[:60], x_test=images[60:])
    for split, shades in (("train", kinds[:60]), ("test", kinds[60:])):
        source = open_source(f"clustered:3:npz:{tmp_path / 'kinds.npz'}", split=split)
        assert source.classes == ("group 0", "group 1", "group 2")
        assert len({(int(group), int(kind)) for group, kind in zip(source.examples.labels, shades, strict=True)}) == 3


def test_groups_of_training_pictures_are_equally_large_and_always_the_same():
    first, second = (open_source("clustered:7:digits") for _ in range(2))
    counts = np.bincount(first.examples.labels, minlength=7)
    assert counts.max() - counts.min() <= 1
    np.testing.assert_array_equal(first.examples.labels, second.examples.labels)
    np.testing.assert_array_equal(first.examples.images, open_source("digits").examples.images)


@pytest.mark.parametrize("count", ["1", "0", "some", "99999"])
def test_a_number_of_groups_that_cannot_be_is_named(count):
    with pytest.raises(InputError) as error:
        open_source(f"clustered:{count}:digits")
    assert f"must name how many groups there are, 2 to 750. Received: {count}." in str(error.value)
