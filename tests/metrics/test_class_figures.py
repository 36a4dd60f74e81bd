from __future__ import annotations

import numpy as np
import pytest

from keras_gen.data import open_source
from keras_gen.metrics import class_frechet_distances, classification_accuracy_score, classifier, frechet_distance
from keras_gen.metrics.comparison import Comparison
from keras_gen.metrics.sample_figures import evaluate_samples
from serving import InputError
from serving.common.images import to_float

RNG = np.random.default_rng(0)


def test_each_class_is_compared_with_its_own_pictures():
    features, others = RNG.normal(size=(40, 2)), RNG.normal(size=(60, 2))
    labels, other_labels = np.arange(40) % 2, np.arange(60) % 2
    found = class_frechet_distances(features, labels, others, other_labels, 2)
    expected = [frechet_distance(features[label::2], others[label::2]) for label in (0, 1)]
    np.testing.assert_allclose(found, expected)
    with pytest.raises(InputError, match="class 1: features of width 2 must be at least 3 of each set"):
        class_frechet_distances(features, np.zeros(40, int), others, other_labels, 2)


def test_a_classifier_learns_from_samples_what_they_show(monkeypatch):
    monkeypatch.setattr(classifier, "LEAST_STEPS", 60)
    monkeypatch.setattr(classifier, "LEAST_EPOCHS", 1)
    train, test = (open_source("digits", 8, split=split) for split in ("train", "test"))
    images, labels = to_float(train.examples.images), train.examples.labels
    names = tuple(map(str, range(10)))
    real = classification_accuracy_score(images, labels, names, test, seed=0)
    shuffled = classification_accuracy_score(images, (labels + 1) % 10, names, test, seed=0)
    assert real > 0.7 > 0.2 > shuffled


def test_both_are_figures_of_samples_with_what_real_pictures_have(monkeypatch, vae_bundle):
    monkeypatch.setattr(classifier, "LEAST_STEPS", 20)
    monkeypatch.setattr(classifier, "LEAST_EPOCHS", 1)
    train, test = (open_source("digits", 8, split=split) for split in ("train", "test"))
    order = np.concatenate([np.flatnonzero(train.examples.labels == label)[:5] for label in range(10)])
    by_class = order.reshape(10, 5).T.ravel()
    drawn = to_float(train.examples.images[by_class])
    extractor = f"onnx:{vae_bundle / 'encoder.onnx'}"
    comparison = Comparison(drawn, 10, test, train, extractor=extractor)
    distance, accuracy = evaluate_samples(["class_frechet", "accuracy_score"], comparison)
    features, reference = comparison.of_drawn.features, comparison.of_reference.features
    labels = np.arange(50) % 10
    expected = class_frechet_distances(features, labels, reference, test.examples.labels, 10)
    assert distance.value == pytest.approx(expected.mean())
    assert distance.settings["worst"].startswith(f"{expected.argmax()} with ")
    assert 0 < accuracy.value <= 1
    assert 0 < accuracy.settings["50 train pictures have"] <= 1
