"""`tfds:cycle_gan/NAME`: a data set of TensorFlow Datasets with the splits trainA, trainB, testA and testB."""

from __future__ import annotations

import numpy as np

from keras_gen.data import tfds
from keras_gen.data.examples import Examples, Shape
from keras_gen.data.folder import SPLITS


def read(location: str, split: str, shape: Shape) -> tuple[Examples, Examples]:
    """The pictures of A and of B."""
    parts = SPLITS if split == "all" else (split,)
    a, b = (
        Examples(np.concatenate([tfds.read(location, f"{part}{domain}", shape).images for part in parts]))
        for domain in "AB"
    )
    return a, b
