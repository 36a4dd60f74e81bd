"""`tfds:cycle_gan/NAME`: a data set of TensorFlow Datasets with the splits trainA, trainB, testA and testB."""

from __future__ import annotations

import numpy as np

from keras_gen.data import tfds
from keras_gen.data.examples import Examples, Shape
from keras_gen.data.folder import SPLITS
from keras_gen.data.streams import Stream
from keras_gen.data.translation.both import Both

FAMILY = "cycle_gan/"


def has_domains(location: str) -> bool:
    """Whether a data set of TensorFlow Datasets is one of two domains."""
    return location.startswith(FAMILY) or "trainA" in tfds.splits_of(location)


def read(location: str, split: str, shape: Shape) -> Both:
    """The pictures of A and of B."""
    parts = SPLITS if split == "all" else (split,)
    a, b = (
        Examples(np.concatenate([tfds.read(location, f"{part}{domain}", shape).images for part in parts]))
        for domain in "AB"
    )
    return Both(a, b, paired=False)


def streams(location: str, split: str, shape: Shape) -> tuple[Stream, Stream]:
    """The pictures of `read`, decoded as they are asked for."""
    a, b = (tfds.stream(location, f"{split}{domain}", shape).unlabelled() for domain in "AB")
    return a, b
