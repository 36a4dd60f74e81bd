from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from keras_gen.data import Examples, Source, open_source
from keras_gen.metrics import cached_classifier, train_classifier
from serving import InputError


def source(images, labels, split="train"):
    return Source("made", split, Examples(images, labels))


def stripes(n, shape=(8, 8, 1), seed=0):
    """Pictures of horizontal (0) and vertical (1) stripes in noise, at any phase."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    place = np.where(labels[:, None, None] == 0, *np.mgrid[0 : shape[0], 0 : shape[1]][:, None])
    pictures = (
        127.5 + 80 * np.sin(place * np.pi / 2 + rng.uniform(0, 6.28, (n, 1, 1))) + rng.normal(0, 20, (n, *shape[:2]))
    )
    return source(np.clip(pictures, 0, 255).astype(np.uint8)[..., None].repeat(shape[2], -1), labels)


@pytest.mark.parametrize("shape", [(8, 8, 1), (13, 9, 3), (32, 40, 1)])
def test_classes_are_told_apart_in_pictures_of_any_shape(shape):
    classifier = train_classifier(stripes(256, shape), epochs=6)
    held_out = stripes(200, shape, seed=1)
    images = held_out.examples.images
    assert classifier.accuracy(held_out) > 0.95
    features, chances = classifier.features(images), classifier.predict(images)
    assert features.shape == (200, 128)
    assert features.min() >= 0
    np.testing.assert_allclose(chances.sum(axis=1), 1.0, rtol=1e-6)
    assert (chances.argmax(axis=1) == held_out.examples.labels).mean() == classifier.accuracy(held_out)


def test_bytes_and_floats_are_the_same_picture_and_blocks_do_not_matter(monkeypatch):
    classifier, images = train_classifier(stripes(64), epochs=1), stripes(30).examples.images
    features = classifier.features(images)
    np.testing.assert_array_equal(classifier.features(images / np.float32(127.5) - np.float32(1)), features)
    monkeypatch.setattr("keras_gen.metrics.classifier.PREDICT_BATCH", 7)
    np.testing.assert_allclose(classifier.features(images), features, atol=1e-5)


def test_a_seed_is_a_classifier():
    tf.random.set_seed(1)
    images = stripes(8).examples.images
    first, again, other = (train_classifier(stripes(64), 1, seed).features(images) for seed in (3, 3, 4))
    np.testing.assert_allclose(first, again, atol=1e-5)
    assert not np.allclose(first, other, atol=1e-2)


def test_digits_are_read():
    train, test = (open_source("digits", split=split) for split in ("train", "test"))
    assert train_classifier(train, epochs=60).accuracy(test) > 0.94  # a support vector machine reads 95.3 %


def test_a_classifier_is_trained_once_for_the_same_data_and_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_GEN_CACHE", str(tmp_path / "kept"))
    train, held_out = stripes(64), stripes(40, seed=1)
    trained, accuracy = cached_classifier(train, held_out, epochs=1)
    assert accuracy == trained.accuracy(held_out)
    flipped = source(train.examples.images, 1 - train.examples.labels)
    brighter = source(train.examples.images // 2, train.examples.labels)
    for other in ((flipped, held_out, 1, 0), (brighter, held_out, 1, 0), (train, train, 1, 0), (train, held_out, 2, 0)):
        cached_classifier(*other)
    assert len(list((tmp_path / "kept" / "classifiers").iterdir())) == 5
    monkeypatch.setattr("keras_gen.metrics.classifier_cache.train_classifier", None)
    kept, kept_accuracy = cached_classifier(train, held_out, epochs=1)
    np.testing.assert_array_equal(kept.predict(held_out.examples.images), trained.predict(held_out.examples.images))
    assert kept_accuracy == accuracy
    with pytest.raises(TypeError):
        cached_classifier(train, held_out, epochs=1, seed=1)


def test_a_kept_file_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_GEN_CACHE", str(tmp_path))
    train = stripes(16)
    cached_classifier(train, train, epochs=1)
    (file,) = (tmp_path / "classifiers").iterdir()
    content = file.read_bytes()
    for damaged in (b"", content[:100], content[: len(content) // 2], b"\x80\x04N."):
        file.write_bytes(damaged)
        with pytest.raises(InputError, match=f"{file.name} must be a whole classifier; delete it"):
            cached_classifier(train, train, epochs=1)


def test_mistakes_are_named():
    train = stripes(8)
    for labels, message in (
        (None, "must have labels"),
        (np.zeros(8, int), "at least two classes"),
        (np.arange(8) - 1, "labels from 0 on"),
    ):
        with pytest.raises(InputError, match=message):
            train_classifier(source(train.examples.images, labels))
    with pytest.raises(InputError, match="sides of at least 8"):
        train_classifier(stripes(8, (8, 7, 1)))
    with pytest.raises(InputError, match="`epochs` must be at least 1"):
        train_classifier(train, epochs=0)
    with pytest.raises(InputError, match=r"shape \(8, 8, 1\). Received: \(8, 9, 8, 1\)"):
        train_classifier(train, epochs=1).features(stripes(8, (9, 8, 1)).examples.images)
