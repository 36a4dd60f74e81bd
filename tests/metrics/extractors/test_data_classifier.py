from __future__ import annotations

import numpy as np
import pytest

from keras_gen.data import Examples, Source, open_source
from keras_gen.metrics import cached_classifier
from keras_gen.metrics.extractors import DataClassifier, open_extractor, stamp
from keras_gen.metrics.extractors.extractor import conformed
from keras_gen.metrics.stacked import CLASSES, is_stacked, single_digits
from serving import InputError


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_GEN_CACHE", str(tmp_path / "kept"))


def stacked(split, n):
    """Three of scikit-learn's digits in the channels of a picture, n of them."""
    digits = open_source("digits", split=split).examples
    rows = np.random.default_rng(0).integers(0, len(digits.images), (n, 3))
    images = np.moveaxis(digits.images[rows][..., 0], 1, 3)
    return Source("stacked", split, Examples(images, digits.labels[rows] @ [100, 10, 1], CLASSES))


def test_it_is_the_kept_classifier(monkeypatch):
    monkeypatch.setattr("keras_gen.metrics.classifier.LEAST_STEPS", 100)
    train, test = (open_source("digits", split=split) for split in ("train", "test"))
    extractor = open_extractor("classifier", train, test)
    monkeypatch.setattr("keras_gen.metrics.classifier_cache.train_classifier", None)
    classifier, accuracy = cached_classifier(train, test)
    images = test.examples.images
    features, probabilities = extractor.extract(images)
    np.testing.assert_allclose(features, classifier.features(images), atol=1e-5)
    np.testing.assert_allclose(probabilities, classifier.predict(images), atol=1e-5)
    assert (extractor.width, extractor.classes) == (128, 10)
    found = stamp(extractor, (8, 8, 1))
    assert found["its accuracy"] == pytest.approx(accuracy, abs=1e-4)
    assert (found["extractor"], found["resizer"]) == ("128 of a classifier of digits (train)", "none")


def test_three_digits_in_a_picture_are_read_one_by_one(monkeypatch):
    monkeypatch.setattr("keras_gen.metrics.classifier.LEAST_STEPS", 1000)
    train, test = stacked("train", 1000), stacked("test", 200)
    assert is_stacked(train)
    extractor = DataClassifier(train, test)
    images, labels = test.examples.images, test.examples.labels
    features, probabilities = extractor.extract(images)
    assert (extractor.width, extractor.classes) == (features.shape[1], probabilities.shape[1]) == (384, 1000)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-4)
    # A support vector machine reads 95.3 % of single held-out digits.
    assert extractor.settings["its accuracy per digit"] > 0.94
    assert (probabilities.argmax(axis=1) == labels).mean() > 0.94**3
    # The chance of a class is the product of its digits' chances, and features stand channel after channel.
    digits = extractor.classifier.digits
    for channel in range(3):
        grey = images[..., channel : channel + 1]
        np.testing.assert_allclose(features[:, 128 * channel : 128 * (channel + 1)], digits.features(grey), atol=1e-4)
    of = [digits.predict(images[..., channel : channel + 1]) for channel in range(3)]
    np.testing.assert_allclose(probabilities[:, 407], of[0][:, 4] * of[1][:, 0] * of[2][:, 7], rtol=1e-3, atol=1e-12)


def test_channels_become_pictures_of_their_digits():
    source = stacked("test", 30)
    digits = single_digits(source)
    assert digits.classes == tuple("0123456789")
    np.testing.assert_array_equal(digits.examples.images[4::3], source.examples.images[1:, :, :, 1:2])
    np.testing.assert_array_equal(digits.examples.labels.reshape(30, 3) @ [100, 10, 1], source.examples.labels)


def test_other_data_is_not_stacked():
    images = np.zeros((2, 8, 8, 3), np.uint8)
    for classes, channels in ((("0", "1"), 3), (CLASSES, 1), (tuple(map(str, range(1000))), 3)):
        assert not is_stacked(Source("made", "train", Examples(images[..., :channels], np.arange(2), classes)))


def test_a_name_that_is_no_extractor_is_refused():
    digits = open_source("digits")
    for name in ("inceptoin", "onnx:", "onnx", "classifier:x"):
        with pytest.raises(InputError, match="must be classifier, inception, judge:NAME or onnx:FILE. Received: "):
            open_extractor(name, digits, digits)


def test_pictures_keep_their_channels_or_are_refused():
    pictures = np.arange(5, dtype=np.uint8) * np.ones((2, 8, 8, 1), np.uint8)
    assert conformed(pictures, (8, 8, 5)) is pictures
    np.testing.assert_array_equal(conformed(pictures, (16, 12, 5))[1], np.broadcast_to(np.arange(5), (16, 12, 5)))
    with pytest.raises(InputError, match="the extractor must be given pictures of 3 channels. Received: 5"):
        conformed(pictures, (8, 8, 3))
