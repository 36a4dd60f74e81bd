"""A classifier of Stacked MNIST: it reads the digit in each of three channels, which makes 1,000 classes."""

from __future__ import annotations

import numpy as np

from keras_gen.data import Examples, Source
from keras_gen.metrics.classifier import Classifier, epochs_for, labels_of
from keras_gen.metrics.classifier_cache import cached_classifier

CHANNELS = 3
CLASSES = tuple(f"{number:03}" for number in range(1000))
DIGITS = tuple("0123456789")
MOST = 40_000
# With half as many, fewer than 99 % of MNIST's sixes and eights are read.
LEAST_EPOCHS = 10


class StackedClassifier:
    """Reads every channel with the classifier of a single digit.

    Args:
        digits: of pictures (height, width, 1), ten classes.
    """

    def __init__(self, digits: Classifier) -> None:
        self.digits = digits

    def outputs(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n, height, width, 3), uint8 or [-1, 1], to features (n, 384), the channels' one after the other, and logits
        (n, 1000) of the classes `100 * first + 10 * second + third`: sums, as probabilities are products."""
        features, logits = self.digits.outputs(_channels(images))
        first, second, third = logits.reshape(len(images), CHANNELS, len(DIGITS)).transpose(1, 0, 2)
        sums = first[:, :, None, None] + second[:, None, :, None] + third[:, None, None, :]
        return features.reshape(len(images), -1), sums.reshape(len(images), -1)


def is_stacked(source: Source) -> bool:
    """Whether pictures have three channels and the classes 000 to 999."""
    return source.image_shape[2] == CHANNELS and source.classes == CLASSES


def cached_stacked_classifier(train: Source, test: Source) -> tuple[StackedClassifier, float]:
    """The classifier of a stacked source, trained if this was not done before, and the share of single digits in the
    channels of `test` that it reads.

    At most 40,000 pictures of each source are used, 120,000 digits.
    """
    digits = single_digits(train)
    epochs = epochs_for(len(digits), least=LEAST_EPOCHS)
    classifier, accuracy = cached_classifier(digits, single_digits(test), epochs)
    return StackedClassifier(classifier), accuracy


def single_digits(source: Source) -> Source:
    """The channels of a stacked source as grey pictures, those of one picture in a row."""
    some = source.draw(MOST, seed=0)
    labels = labels_of(some)
    digits = np.stack([labels // 100, labels // 10 % 10, labels % 10], axis=1).reshape(-1)
    return Source(source.name, source.split, Examples(_channels(some.examples.images), digits, DIGITS))


def _channels(images: np.ndarray) -> np.ndarray:
    """(n, height, width, 3) to (3 n, height, width, 1)."""
    return np.moveaxis(images, 3, 1).reshape(-1, *images.shape[1:3], 1)
