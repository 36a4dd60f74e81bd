"""Batches of two domains."""

from __future__ import annotations

import numpy as np
import pytest

from keras_gen.data import Domains, Examples, Source
from serving import InputError


def gradients(count, first, height=6, width=8):
    """Pictures that tell their number, and each pixel its place: (number, row, column) in the channels."""
    number, row, column = np.meshgrid(
        np.arange(first, first + count), np.arange(height), np.arange(width), indexing="ij"
    )
    return np.stack([number, row, column], axis=-1).astype(np.uint8)


def domains(count_a=7, count_b=7, paired=True):
    a, b = (
        Source(name, "train", Examples(gradients(count, first)))
        for name, count, first in (("a", count_a, 0), ("b", count_b, 100))
    )
    return Domains("both", a, b, paired)


def taken(batches, count):
    return [
        tuple(np.rint((part + 1) * 127.5).astype(int) for part in both)
        for both in batches.take(count).as_numpy_iterator()
    ]


def numbers(batch):
    return [list(part[:, 0, 0, 0]) for part in batch]


def test_pairs_stay_together_in_a_new_order_every_epoch():
    epochs = [numbers(batch) for batch in taken(domains().endless(7, seed=3), 3)]
    for a, b in epochs:
        assert sorted(a) == list(range(7))
        assert b == [100 + number for number in a]
    assert epochs[0] != epochs[1] != epochs[2]


def test_unpaired_pictures_meet_by_chance():
    both = domains(paired=False)
    meetings = [number for batch in taken(both.endless(7, seed=3), 3) for number in zip(*numbers(batch), strict=True)]
    assert len({b - a for a, b in meetings}) > 5
    assert sorted({a for a, _ in meetings}) == list(range(7))


def test_an_epoch_is_a_pass_over_the_larger_domain():
    both = domains(5, 3, paired=False)
    assert both.steps(1) == 5
    assert both.steps(2) == 2
    steps = [numbers(batch) for batch in taken(both.endless(1, seed=1), 15)]
    for first in (0, 5, 10):
        assert sorted(a[0] for a, _ in steps[first : first + 5]) == list(range(5))
    for first in (0, 3, 6, 9, 12):
        assert sorted(b[0] for _, b in steps[first : first + 3]) == [100, 101, 102]


@pytest.mark.parametrize("paired", [True, False])
def test_parts_are_squares_of_the_picture_and_every_second_one_is_mirrored(paired):
    places, mirrored = set(), 0
    for batch in taken(domains(paired=paired).endless(7, seed=2, crop=4, mirror=True), 20):
        for part in batch:
            assert part.shape == (7, 4, 4, 3)
            assert (part[..., 0] == part[:, :1, :1, 0]).all()
            steps = np.diff(part[..., 2], axis=2)
            assert (np.abs(steps) == 1).all()
            assert (steps == steps[:, :1, :1]).all()
            np.testing.assert_array_equal(np.diff(part[..., 1], axis=1), 1)
            mirrored += int((steps[:, 0, 0] < 0).sum())
            places |= {
                (int(row), int(column))
                for row, column in zip(part[:, 0, 0, 1], part[:, 0, :, 2].min(axis=1), strict=True)
            }
        corners = [part[:, 0, 0, 1:] for part in batch]
        assert np.array_equal(*corners) == paired
    assert places == {(row, column) for row in range(3) for column in range(5)}
    assert abs(mirrored - 140) < 5 * np.sqrt(280 * 0.25) * (np.sqrt(2) if paired else 1)


@pytest.mark.parametrize(("count_a", "count_b", "paired"), [(7, 7, True), (7, 4, False)])
def test_training_that_goes_on_sees_what_it_would_have_seen(count_a, count_b, paired):
    both = domains(count_a, count_b, paired)
    options = {"seed": 5, "crop": 4, "mirror": True}
    straight = taken(both.endless(2, **options), 9)
    for step in (1, 2 * both.steps(2), 7):
        resumed = taken(both.endless(2, first_step=step, **options), 9 - step)
        for expected, received in zip(straight[step:], resumed, strict=True):
            for one, other in zip(expected, received, strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("crop", [0, 7])
def test_a_part_larger_than_the_pictures_is_named(crop):
    with pytest.raises(InputError, match=rf"`crop` must be at least 1 and at most the pictures' 8x6. Received: {crop}"):
        domains().endless(1, crop=crop)


def test_a_batch_larger_than_a_domain_is_named():
    with pytest.raises(InputError, match="at most the 3 pictures of b"):
        domains(5, 3, paired=False).endless(4)


@pytest.mark.parametrize("paired", [True, False])
def test_one_pass_is_over_the_smaller_domain_in_its_order(paired):
    both = domains(5, 3, paired)
    batches = [
        tuple(np.rint((part + 1) * 127.5).astype(int) for part in batch)
        for batch in both.dataset(2).as_numpy_iterator()
    ]
    assert [numbers(batch) for batch in batches] == [[[0, 1], [100, 101]], [[2], [102]]]
    assert len(list(both.dataset(9))) == 1
