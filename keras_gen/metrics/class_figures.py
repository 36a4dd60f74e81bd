"""Figures of samples class by class: how near each is to its pictures, and what a classifier learns of samples."""

from __future__ import annotations

import numpy as np

from keras_gen.data import Source
from keras_gen.data.examples import Examples
from keras_gen.metrics.classifier import labels_of, train_classifier
from keras_gen.metrics.frechet import frechet_distance
from serving.common.errors import InputError
from serving.common.images import to_uint8


def class_frechet_distances(
    features: np.ndarray, labels: np.ndarray, others: np.ndarray, other_labels: np.ndarray, classes: int
) -> np.ndarray:
    """(classes,) Fréchet distance between the features of the samples and the pictures of each class.

    Args:
        features: (n, d) of samples, of each class at least d + 1.
        labels: (n,) class of each.
        others: (m, d) of pictures, likewise.
        other_labels: (m,) class of each.
        classes: how many there are.

    Raises:
        InputError: as `frechet_distance`, with the class.
    """
    distances = []
    for label in range(classes):
        try:
            distances.append(frechet_distance(features[labels == label], others[other_labels == label]))
        except InputError as error:
            raise InputError(f"class {label}: {error}") from None
    return np.array(distances)


def classification_accuracy_score(
    samples: np.ndarray, labels: np.ndarray, classes: tuple[str, ...], test: Source, seed: int
) -> float:
    """Accuracy on test pictures of a classifier that was trained on samples alone.

    What samples leave out, or show wrongly, the classifier does not learn, however good they look.

    Args:
        samples: (n, height, width, channels) in [-1, 1].
        labels: (n,) class of each.
        classes: their names.
        test: labelled pictures.
        seed: seed of the training.

    Returns:
        0 to 1.

    Raises:
        InputError: as `train_classifier`; test pictures without labels.

    Source: Ravuri & Vinyals 2019, "Classification Accuracy Score for Conditional Generative Models", section 3.
    """
    labels_of(test)
    source = Source("samples", "train", Examples(to_uint8(samples), labels.astype(np.int64), classes))
    return train_classifier(source, seed=seed).accuracy(test)
