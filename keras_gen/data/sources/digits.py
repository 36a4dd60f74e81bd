"""`digits`: the 1,797 scans of handwritten digits, 8x8 pixels, that scikit-learn carries.

Source: Alpaydin & Kaynak 1998, "Optical Recognition of Handwritten Digits", UCI repository.
"""

from __future__ import annotations

import numpy as np

from keras_gen.data.arrays import from_arrays
from keras_gen.data.examples import Examples, Shape
from keras_gen.data.forms import Form

SOURCE = Form(("digits",), "scikit-learn's 1,797 handwritten digits")
TRAIN = 1500
BRIGHTEST = 16


def read(location: str, split: str, shape: Shape) -> Examples:
    """The first 1,500 scans for training, the last 297 for testing."""
    from sklearn.datasets import load_digits

    scans = load_digits()
    rows = {"train": slice(0, TRAIN), "test": slice(TRAIN, None), "all": slice(None)}[split]
    images = np.rint(scans.images[rows] * (255.0 / BRIGHTEST)).astype(np.uint8)
    return from_arrays("digits", images, scans.target[rows], shape, tuple("0123456789"))
