from __future__ import annotations

import numpy as np
import pytest

from keras_gen.data import open_source
from keras_gen.data.sources import stacked
from serving import InputError


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(stacked, "COUNTS", {"train": 3000, "test": 500})


@pytest.fixture
def labelled(tmp_path):
    """Pictures of one pixel value each, ten times their label; 4 of each class, or 1 for testing."""
    labels = np.arange(40) % 10
    images = (10 * labels)[:, None, None] * np.ones((2, 3), int)
    arrays = {"x_train": images.astype(np.uint8), "y_train": labels}
    np.savez(tmp_path / "a.npz", **arrays, x_test=arrays["x_train"][:10] + np.uint8(1), y_test=labels[:10])
    return f"npz:{tmp_path / 'a.npz'}"


def test_channels_are_the_digits_of_the_label(labelled, few):
    source = open_source(f"stacked:{labelled}")
    assert (len(source), source.image_shape) == (3000, (2, 3, 3))
    digits = source.examples.images[:, 0, 0] // 10
    np.testing.assert_array_equal(source.examples.labels, digits @ [100, 10, 1])
    assert source.classes == tuple(f"{n:03d}" for n in range(1000))


def test_every_class_is_as_likely_as_any_other(labelled, few):
    # 3,000 pictures miss a class with the probability (1 - 1/1000)^3000 = 5 %: 50 classes, deviation below 7.
    labels = open_source(f"stacked:{labelled}").examples.labels
    assert abs(1000 - len(np.unique(labels)) - 50) < 28
    for digit in (labels // 100, labels // 10 % 10, labels % 10):
        assert np.abs(np.bincount(digit, minlength=10) - 300).max() < 4 * np.sqrt(300 * 0.9)


def test_every_reading_is_the_same_and_splits_are_apart(labelled, few):
    first, second = (open_source(f"stacked:{labelled}").examples for _ in range(2))
    np.testing.assert_array_equal(first.images, second.images)
    test = open_source(f"stacked:{labelled}", split="test").examples
    assert set(np.unique(test.images % 10)) == {1}
    assert not np.array_equal(test.labels, first.labels[:500])
    everything = open_source(f"stacked:{labelled}", split="all").examples
    np.testing.assert_array_equal(everything.labels, np.concatenate([first.labels, test.labels]))
    np.testing.assert_array_equal(everything.images, np.concatenate([first.images, test.images]))


def test_the_numbers_of_pictures_are_those_of_the_papers(labelled):
    assert [len(open_source(f"stacked:{labelled}", split=split)) for split in ("train", "test")] == [128_000, 26_000]


def test_pictures_are_resized_before_they_are_stacked(few):
    source = open_source("stacked:digits", image_size=16, channels=3)
    assert source.image_shape == (16, 16, 3)
    inner = open_source("digits", image_size=16)
    red = source.examples.images[0, :, :, 0]
    (place,) = np.flatnonzero((inner.examples.images[..., 0] == red).all(axis=(1, 2)))
    assert inner.examples.labels[place] == source.examples.labels[0] // 100


@pytest.mark.parametrize(
    ("inner", "options", "message"),
    [
        ("digits", {"channels": 1}, "stacked:digits must have 3 channels. Received: requested 1."),
        ("digit", {}, "Did you mean 'digits'?"),
        ("npz:/nowhere", {}, "no such file"),
        ("", {}, "as in stacked:SOURCE"),
        ("stacked:digits", {}, "grey pictures of 10 classes. Received: 3 channels, 1000 classes."),
    ],
)
def test_what_cannot_be_stacked_is_named(inner, options, message, few):
    with pytest.raises(InputError) as error:
        open_source(f"stacked:{inner}", **options)
    assert message in str(error.value)


def test_an_inner_source_of_other_classes_is_named(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros((3, 4, 4), np.uint8), y=np.arange(3))
    with pytest.raises(InputError, match="Received: 1 channels, 3 classes"):
        open_source(f"stacked:npz:{tmp_path / 'a.npz'}")
