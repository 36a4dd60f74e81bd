"""A fingerprint of a large set, of which not every byte is read."""

from __future__ import annotations

import numpy as np
import pytest

from keras_gen.data import Examples, Source, fingerprint

COUNT = 1000


@pytest.fixture(params=["in memory", "mapped"])
def images(request, tmp_path, monkeypatch):
    monkeypatch.setattr(fingerprint, "WHOLE", 1000)
    array = np.random.default_rng(0).integers(0, 256, (COUNT, 6, 6, 1)).astype(np.uint8)
    if request.param == "in memory":
        return array
    np.save(tmp_path / "a.npy", array)
    return np.load(tmp_path / "a.npy", mmap_mode="c")


def of(images, labels=None, classes=("a", "b")):
    return fingerprint.fingerprint(Source("it", "train", Examples(images, labels, classes)))


def test_what_differs_is_said(images):
    labels = np.arange(COUNT) % 2
    before = of(images, labels)
    assert fingerprint.difference(before, of(images.copy() if type(images) is np.ndarray else images, labels)) is None
    others = "others, or another order"
    assert fingerprint.difference(before, of(images, 1 - labels)) == (
        "the same labels in the same order",
        others,
    )
    assert fingerprint.difference(before, of(images[1:], labels[1:])) == ("1000 pictures", "999 pictures")
    pictures = ("the same pictures in the same order", others)
    assert fingerprint.difference(before, of(images[::-1], labels)) == pictures
    images[0] += 1
    assert fingerprint.difference(before, of(images, labels)) == pictures


def test_every_picture_in_memory_is_sampled(monkeypatch):
    monkeypatch.setattr(fingerprint, "WHOLE", 1000)
    array = np.zeros((COUNT, 6, 6, 1), np.uint8)
    before = of(array)
    for place in range(0, COUNT, 37):
        array[place] = 9
        assert fingerprint.difference(before, of(array)) is not None
        array[place] = 0
