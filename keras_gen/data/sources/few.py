"""`few:COUNT:SOURCE`: a few labelled training pictures of another source, as many of each class."""

from __future__ import annotations

import numpy as np

from keras_gen.data.examples import Examples, Shape, joined, splits_of
from keras_gen.data.forms import Form, Inner
from serving.common.errors import InputError

SOURCE = Form(
    ("few:COUNT:SOURCE",),
    "COUNT training pictures of another source with their labels, as many of each class, always the same ones; and "
    "all of its test pictures",
    wraps=True,
    chosen=True,
)
# One choice for everyone who writes the same name.
SEED = 0


def read(inner: Inner, split: str, shape: Shape) -> Examples:
    """The chosen pictures in the order of the data; where classes do not divide the number, the first have one more.

    Raises:
        InputError: no whole number, fewer than one for each class, more than a class has, or a source without labels.
    """
    name = f"few:{inner.chosen}:{inner.name}"
    return joined(name, [_part(name, inner, part, shape) for part in splits_of(split)])


def _part(name: str, inner: Inner, split: str, shape: Shape) -> Examples:
    source = inner.read(split, shape)
    images, labels = source.examples.images, source.examples.labels
    if labels is None:
        raise InputError(f"{name} must be made of a source with labels. Received: pictures alone.")
    if split != "train":
        return Examples(images, labels, source.classes)
    rows = _chosen(name, inner.chosen, labels, len(source.classes))
    return Examples(images[rows], labels[rows], source.classes)


def _chosen(name: str, count: str, labels: np.ndarray, classes: int) -> np.ndarray:
    if not count.isdecimal() or int(count) < classes:
        raise InputError(
            f"{name} must name how many pictures keep their labels, at least one of each class ({classes}). "
            f"Received: {count}."
        )
    random, found = np.random.default_rng(SEED), []
    for label in range(classes):
        wanted = int(count) // classes + (label < int(count) % classes)
        of_class = np.flatnonzero(labels == label)
        if wanted > len(of_class):
            raise InputError(f"{name} must have {wanted} pictures of each class. Received: {len(of_class)} of one.")
        found.append(random.choice(of_class, wanted, replace=False))
    return np.sort(np.concatenate(found))
