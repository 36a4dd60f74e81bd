"""Classes by label and by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from serving.common.errors import InputError, nearest


def class_labels(n: int, classes: int, labels: np.ndarray | Sequence[int] | None = None, start: int = 0) -> np.ndarray:
    """Labels of the pictures `start` to `start + n - 1`: the given ones, or by default one class after the other.

    Args:
        n: number of labels.
        classes: number of classes.
        labels: (n,) integers, or None.
        start: index of the first picture.

    Returns:
        int64, (n,).

    Raises:
        InputError: the number of labels is not `n`, a label is not a class, or there are no classes.
    """
    if classes < 1:
        raise InputError("`labels` must be left out for a model without classes. Received: a model without classes.")
    if labels is None:
        return np.arange(start, start + n, dtype=np.int64) % classes
    given = np.asarray(labels)
    if given.shape != (n,) or given.dtype.kind not in "iu":
        raise InputError(f"`labels` must be {n} integers. Received: {given.dtype}, {given.shape}.")
    if given.min() < 0 or given.max() >= classes:
        wrong = given[(given < 0) | (given >= classes)][0]
        raise InputError(f"`labels` must be from 0 to {classes - 1}. Received: {wrong}.")
    return given.astype(np.int64)


def class_index(name: str, classes: Sequence[str]) -> int:
    """The label of a class by its name.

    Raises:
        InputError: there are no classes, or none has this name.
    """
    if not classes:
        raise InputError(f"the class must be left out for a model that knows none. Received: {name!r}.")
    if name not in classes:
        raise InputError(
            f"the class must be one of {', '.join(classes)}. Received: {name!r}.{nearest(name, list(classes))}"
        )
    return list(classes).index(name)


def require_classes(classes: Sequence[str]) -> None:
    """Raises InputError if there are fewer than two classes."""
    if len(classes) < 2:
        raise InputError(
            f"a model that sees classes must be trained on labelled data of at least two. Received: {len(classes)}."
        )
