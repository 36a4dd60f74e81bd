"""InceptionV3, trained on ImageNet, as an extractor."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_gen.metrics.extractors.extractor import Extracted, Extractor, conformed, extract_in_blocks
from serving.common.errors import InputError
from serving.common.images import to_float

BLOCK = 50
POOLED = "avg_pool"


class Inception(Extractor):
    """The 2,048 pooled features and 1,000 classes of InceptionV3, pictures of 299x299.

    The weights are those of `keras.applications`, not the ones of 2015 that published Fréchet distances and inception
    scores were measured with: figures are comparable among themselves.

    Args:
        weights: `imagenet`, fetched once by Keras and kept by it; None for random ones.

    Raises:
        InputError: weights that cannot be loaded.

    Source: Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision".
    """

    def __init__(self, weights: str | None = "imagenet") -> None:
        network = _load(weights)
        outputs = [network.get_layer(POOLED).output, network.output]
        self.network = keras.Model(network.input, outputs)
        self.name = f"2048 of InceptionV3 (keras.applications, {weights or 'random'} weights)"
        self.width, self.classes = 2048, 1000
        self.image_shape = (299, 299, 3)
        self.settings: dict[str, Any] = {}

    def extract(self, images: np.ndarray) -> Extracted:
        return extract_in_blocks(images, BLOCK, self._one_block)

    def _one_block(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        pictures = to_float(conformed(images, self.image_shape))
        features, probabilities = self.network(pictures, training=False)
        return np.asarray(features), np.asarray(probabilities)


def _load(weights: str | None) -> keras.Model:
    try:
        return keras.applications.InceptionV3(weights=weights)
    except Exception as error:  # Keras raises a bare Exception where it cannot fetch a file
        raise InputError(
            "the weights of InceptionV3 must be in Keras's cache or within reach to be an extractor; others are "
            f"classifier and onnx:FILE. Received: {' '.join(str(error).split())[:200]}"
        ) from error
