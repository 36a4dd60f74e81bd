"""The pictures that a figure is measured on."""

from __future__ import annotations

import keras
import numpy as np

from keras_gen.data import Source
from serving.common.images import to_float


def random_pictures(source: Source, count: int | None, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Pictures of a source without repetition, in the order of the data.

    Args:
        source: in memory.
        count: how many; None, or more than there are, for all.
        seed: seed of the draw.

    Returns:
        float32 (count, height, width, channels) in [-1, 1], and their labels (count,), if there are any.
    """
    drawn = source.draw(count, seed).examples
    return to_float(drawn.images), drawn.labels


def as_trained(model: keras.Model, images: np.ndarray, seed: int) -> np.ndarray:
    """Pictures as the model was shown them: black and white where it binarizes, by one draw of the seed."""
    if not model.spec.binarizes:
        return images
    uniform = np.random.default_rng(seed).uniform(size=images.shape)
    return np.where(uniform < (images + 1) / 2, 1.0, -1.0).astype(np.float32)
