"""`only:CLASS:SOURCE`: the pictures of one class of another source, as of what is normal."""

from __future__ import annotations

import numpy as np

from keras_gen.data.examples import Examples, Shape
from keras_gen.data.forms import Form, Inner
from serving.common.errors import InputError, nearest

SOURCE = Form(
    ("only:CLASS:SOURCE",), "the pictures of one class of another source, without labels", wraps=True, chosen=True
)


def read(inner: Inner, split: str, shape: Shape) -> Examples:
    """The pictures of a split whose class is called `inner.chosen`, in their order.

    Raises:
        InputError: a source without such a class, or without pictures of it in this split.
    """
    source, name = inner.read(split, shape), f"only:{inner.chosen}:{inner.name}"
    labels, classes = source.examples.labels, list(source.classes)
    if labels is None or inner.chosen not in classes:
        received = f"{inner.chosen!r}.{nearest(inner.chosen, classes)}" if classes else "pictures without labels."
        raise InputError(f"{name} must name a class of {inner.name}: {', '.join(classes)}. Received: {received}")
    chosen = np.flatnonzero(labels == classes.index(inner.chosen))
    if not len(chosen):
        raise InputError(f"{name} must have pictures of that class. Received: none in the split {split}.")
    return Examples(source.examples.images[chosen])
