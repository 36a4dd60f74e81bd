from __future__ import annotations

import numpy as np
import pytest

from keras_gen.data import endless_pairs, open_source
from serving import InputError


def numbered(folder, name, first, count, labelled=True, side=4):
    """Pictures whose every pixel is their number, which is also their label."""
    numbers = np.arange(first, first + count)
    images = numbers.astype(np.uint8)[:, None, None] * np.ones((side, side), np.uint8)
    np.savez(folder / f"{name}.npz", x=images, **({"y": numbers} if labelled else {}))
    return open_source(f"npz:{folder / name}.npz")


@pytest.fixture
def source(tmp_path):
    return numbered(tmp_path, "source", 0, 10)


@pytest.fixture
def target(tmp_path):
    return numbered(tmp_path, "target", 100, 7, labelled=False)


def steps_of(batches, count):
    found = []
    for (left, right), labels in batches.take(count).as_numpy_iterator():
        numbers = [np.rint((images[:, 0, 0, 0] + 1) * 127.5).astype(int).tolist() for images in (left, right)]
        found.append((*numbers, labels.tolist()))
    return found


def test_labels_are_the_sources_and_batches_are_equally_large(source, target):
    for left, right, labels in steps_of(endless_pairs(source, target, 3, seed=1), 12):
        assert left == labels
        assert len(left) == len(right) == 3
        assert min(right) >= 100


def test_a_target_of_another_length_is_passed_through_again_and_again(source, target):
    steps = steps_of(endless_pairs(source, target, 3, seed=1), 12)
    passes = [steps[i][1] + steps[i + 1][1] for i in range(0, 12, 2)]
    assert all(len(set(one)) == 6 for one in passes)
    assert len({tuple(one) for one in passes}) == 6


@pytest.mark.parametrize("step", [1, 3, 4, 9])
def test_the_stream_can_be_entered_at_any_step(source, target, step):
    whole = steps_of(endless_pairs(source, target, 3, seed=5), 14)
    assert steps_of(endless_pairs(source, target, 3, seed=5, first_step=step), 5) == whole[step : step + 5]


def test_the_order_is_the_seeds_and_differs_between_the_domains(source):
    first, again, other = (steps_of(endless_pairs(source, source, 5, seed=seed), 4) for seed in (1, 1, 2))
    assert first == again != other
    assert all(left != right for left, right, _ in first)


def test_what_does_not_fit_is_named(tmp_path, source, target):
    with pytest.raises(InputError, match=r"4x4x1 \(npz:.*source.npz\) and 6x6x1 \(npz:.*large.npz\)"):
        endless_pairs(source, numbered(tmp_path, "large", 0, 9, side=6), 3)
    with pytest.raises(InputError, match=r"at most the 7 pictures of npz:.*target.npz.*Received: 8"):
        endless_pairs(source, target, 8)
    with pytest.raises(InputError, match=r"target.npz must have labels"):
        endless_pairs(target, source, 3)
