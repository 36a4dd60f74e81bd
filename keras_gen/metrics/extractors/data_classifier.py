"""The small classifier of the data itself as an extractor."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_gen.data import Source
from keras_gen.metrics.classifier import FEATURES, Classifier, class_count, softmax
from keras_gen.metrics.classifier_cache import cached_classifier
from keras_gen.metrics.extractors.extractor import Extracted, Extractor, conformed, extract_in_blocks
from keras_gen.metrics.stacked import CHANNELS, CLASSES, StackedClassifier, cached_stacked_classifier, is_stacked

BLOCK = 1000


class DataClassifier(Extractor):
    """Features and classes by a classifier that is trained on the data, or was before and kept.

    Of a stacked source, three digits in three channels, the channels are read one by one.

    Args:
        train: labelled pictures to train on.
        test: labelled pictures to state its accuracy on.

    Raises:
        InputError: as `cached_classifier`.
    """

    def __init__(self, train: Source, test: Source) -> None:
        self.image_shape = train.image_shape
        self.classifier: Classifier | StackedClassifier
        data = f"of {train.name} ({train.split})"
        if is_stacked(train):
            self.width, self.classes, accuracy_of = CHANNELS * FEATURES, len(CLASSES), "its accuracy per digit"
            self.name = f"{self.width} of a classifier of each channel {data}"
            self.classifier, accuracy = cached_stacked_classifier(train, test)
        else:
            self.width, self.classes, accuracy_of = FEATURES, class_count(train), "its accuracy"
            self.name = f"{self.width} of a classifier {data}"
            self.classifier, accuracy = cached_classifier(train, test)
        self.settings: dict[str, Any] = {accuracy_of: round(accuracy, 4)}

    def extract(self, images: np.ndarray) -> Extracted:
        return extract_in_blocks(images, BLOCK, self._one_block)

    def _one_block(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        features, logits = self.classifier.outputs(conformed(images, self.image_shape))
        return features, softmax(logits)
