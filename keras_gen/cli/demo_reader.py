"""Who reads the digits in the pictures of `keras-gen demo`: a classifier that has seen real ones alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keras_gen.data import Domains, Examples, Source, open_domains, open_source
from keras_gen.data.sources.textured import textured
from keras_gen.metrics.classifier import Classifier, labels_of, train_classifier

DIGITS, TEXTURED = "mnist5k", "textured:mnist5k"
EPOCHS = 4
SEED = 0


@dataclass(frozen=True)
class Reader:
    """Reads digits that are light on black, dark on white, or in colour on a texture.

    Attributes:
        classifier: of RGB pictures of 28x28 pixels.
        held_out: digits that it was not fitted on: A dark on white, B in colour on a texture.
    """

    classifier: Classifier
    held_out: Domains

    def read(self, pictures: np.ndarray) -> np.ndarray:
        """The digit seen in each picture: uint8 (n, 28, 28, 3), or light on black (n, 28, 28, 1) -> (n,)."""
        return self.classifier.predict(dark(pictures)).argmax(axis=1)

    @property
    def accuracies(self) -> tuple[float, float]:
        """Share of the held-out digits that it reads correctly, of A and of B, 0 to 1."""
        return self.classifier.accuracy(self.held_out.a), self.classifier.accuracy(self.held_out.b)


def fit_reader(epochs: int | None = None) -> Reader:
    """Fits it on the 4,000 digits for training, each of them dark on white and in colour on a texture.

    Args:
        epochs: passes over them at most.
    """
    digits = open_source(DIGITS)
    scans, labels = digits.examples.images, np.concatenate([labels_of(digits)] * 2)
    images = np.concatenate([dark(scans), textured(scans, np.random.default_rng(SEED))])
    both = Source("digits of both domains", "train", Examples(images, labels, digits.classes))
    classifier = train_classifier(both, min(EPOCHS, epochs or EPOCHS), SEED)
    return Reader(classifier, open_domains(TEXTURED, split="test"))


def dark(pictures: np.ndarray) -> np.ndarray:
    """Light figures on black as dark ones on white, (n, height, width, 3); RGB pictures stay as they are."""
    return pictures if pictures.shape[3] == 3 else (255 - pictures).repeat(3, axis=3)
