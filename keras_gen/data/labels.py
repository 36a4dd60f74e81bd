"""Labels as people have them: numbers, names or one-hot rows, brought to the index of each picture's class.

Classes are known by their names. A number without a name is called by itself, so that labels 1, 2, 3 are the classes
"1", "2", "3" and there is no empty class "0". What was numbered elsewhere, as another split or another set, is brought
to a table of classes by these names.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from serving.common.errors import InputError, nearest

LOGGER = logging.getLogger(__name__)
# How many names a message shows.
SHOWN = 12


class PlainLabels(NamedTuple):
    """One label for each picture.

    Attributes:
        values: (n,) int64 numbers from 0 on, or (n,) str names.
        columns: of how many classes one-hot rows tell; None where labels are numbers or names.
    """

    values: np.ndarray
    columns: int | None = None


def plain_labels(name: str, labels: Any, count: int) -> PlainLabels:
    """One label for each picture, whatever form they have.

    Args:
        name: what holds them, for messages.
        labels: (n,) or (n, 1) integers, floats that are integers, booleans or strings; or one-hot rows (n, classes).
        count: n, how many pictures there are.

    Raises:
        InputError: another shape or type, numbers below 0 or with a fraction, rows that are not one-hot.
    """
    given = _as_text(np.asarray(labels))
    array = given[:, 0] if given.ndim == 2 and given.shape[1] == 1 else given
    one_hot = array.ndim == 2 and array.dtype.kind in "iufb"
    if given.shape[:1] != (count,) or not (one_hot or array.ndim == 1) or array.dtype.kind not in "iufbU":
        raise InputError(
            f"{name} must hold one label per picture ({count}): integers from 0 on, names, or one-hot rows. "
            f"Received: {given.dtype}, {given.shape}."
        )
    if array.dtype.kind == "U":
        return PlainLabels(array)
    if one_hot:
        return PlainLabels(_of_one_hot(name, array), array.shape[1])
    return PlainLabels(_integers(name, array))


def class_indices(name: str, labels: Any, count: int, classes: Sequence[str]) -> np.ndarray:
    """The index of each picture's class among classes that are known.

    Args:
        name: what holds the labels, for messages.
        labels: as `plain_labels` takes them; numbers are indices, names are those of classes.
        count: how many pictures there are.
        classes: the names.

    Returns:
        int64 (n,), from 0 to `len(classes) - 1`.

    Raises:
        InputError: as `plain_labels`, a number that is no index, or a name that is no class.
    """
    values, columns = plain_labels(name, labels, count)
    if values.dtype.kind == "U":
        named, places = np.unique(values, return_inverse=True)
        return by_name(name, places.astype(np.int64), tuple(named.tolist()), classes)
    if columns is not None and columns != len(classes):
        raise InputError(f"{name} must hold one-hot rows of {len(classes)} classes. Received: rows of {columns}.")
    if len(values) and values.max() >= len(classes):
        from_one = values.min() == 1 and values.max() == len(classes)
        raise InputError(
            f"{name} must have labels from 0 to {len(classes) - 1}, one for each class. Received: "
            + (f"1 to {values.max()}; subtract 1." if from_one else f"{values.max()}.")
        )
    return values


def named_classes(
    name: str, labels: Any, count: int, classes: Sequence[str] = ()
) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """The index of each picture's class, and the names of the classes.

    Args:
        name: what holds the labels, for messages.
        labels: as `plain_labels` takes them; -1 for every picture says that there are none.
        count: how many pictures there are.
        classes: their names in the order of the labels; where there are none, the names are the labels themselves, in
            order, or the numbers of the columns of one-hot rows.

    Returns:
        int64 (n,), or None where there are no labels, and the names.

    Raises:
        InputError: as `class_indices`.
    """
    if _all_unknown(labels):
        return None, tuple(classes)
    if classes:
        return class_indices(name, labels, count, classes), tuple(classes)
    values, columns = plain_labels(name, labels, count)
    if columns is not None:
        return values, numbered(columns)
    distinct, places = np.unique(values, return_inverse=True)
    return places.astype(np.int64), tuple(map(str, distinct.tolist()))


def by_name(name: str, labels: np.ndarray, classes: Sequence[str], known: Sequence[str]) -> np.ndarray:
    """Labels of one table of classes as those of another, by the names of the classes.

    Args:
        name: what holds the labels, for messages.
        labels: int64 (n,), indices in `classes`.
        classes: names in the order of these labels.
        known: names in the order of the labels that are wanted.

    Returns:
        int64 (n,), indices in `known`.

    Raises:
        InputError: a picture of a class that is not known.
    """
    if tuple(classes) == tuple(known):
        return labels
    index = index_by_name(name, classes, known)
    table = {label: index(classes[label]) for label in np.unique(labels).tolist()}
    return np.array([table[label] for label in labels.tolist()], np.int64)


def index_by_name(name: str, classes: Sequence[str], known: Sequence[str]) -> Callable[[str], int]:
    """From the name of a class to its index among those that are known.

    Where one table has numbers in place of names, and both are of the same length, the order says which class is
    which, and a line says so.

    Args:
        name: what holds the labels, for messages.
        classes: names that it has.
        known: names that are known.
    """
    numbers = numbered(len(known))
    names = known
    if len(classes) == len(known) and (tuple(classes) == numbers) != (tuple(known) == numbers):
        LOGGER.info(
            "the classes of %s, %s, are taken for %s by their order: one of the two has no names",
            name,
            shown(classes),
            shown(known),
        )
        names = classes
    places = {one: place for place, one in enumerate(names)}

    def index(one: str) -> int:
        if one not in places:
            raise InputError(
                f"{name} must hold pictures of known classes alone: {shown(known)}. "
                f"Received: {one!r}.{nearest(one, list(known))}"
            )
        return places[one]

    return index


def numbered(count: int) -> tuple[str, ...]:
    """Names of classes that have none: "0", "1" and so on."""
    return tuple(map(str, range(count)))


def shown(names: Sequence[str]) -> str:
    """The names, not too many of them."""
    more = f", ... ({len(names)})" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _as_text(labels: np.ndarray) -> np.ndarray:
    """Strings of whatever kind as NumPy's own; other labels as they are."""
    if labels.dtype.kind == "S":
        return np.char.decode(labels, "utf-8")
    if labels.dtype.kind == "T" or (labels.dtype == object and all(isinstance(one, str) for one in labels.flat)):
        return labels.astype(str)
    if labels.dtype == object and all(isinstance(one, bytes) for one in labels.flat):
        return np.char.decode(labels.astype(bytes), "utf-8")
    return labels


def _integers(name: str, values: np.ndarray) -> np.ndarray:
    whole = np.isfinite(values) & (values == np.trunc(values))
    if not whole.all():
        raise InputError(f"{name} must have labels that are integers. Received: {values[~whole][0]:g}.")
    labels = values.astype(np.int64)
    if len(labels) and labels.min() < 0:
        raise InputError(f"{name} must have labels from 0 on. Received: {labels.min()}.")
    return labels


def _of_one_hot(name: str, rows: np.ndarray) -> np.ndarray:
    good = ((rows == 0) | (rows == 1)).all(axis=1) & (rows.sum(axis=1) == 1)
    if not good.all():
        raise InputError(
            f"{name} must hold one-hot rows, a single 1 and zeros. Received: another one for picture {good.argmin()}."
        )
    return rows.argmax(axis=1).astype(np.int64)


def _all_unknown(labels: Any) -> bool:
    array = np.asarray(labels)
    return array.size > 0 and array.dtype.kind in "if" and bool((array == -1).all())
