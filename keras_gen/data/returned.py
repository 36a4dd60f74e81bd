"""What a user's own function returned, taken apart into the pictures of a domain, their labels and classes."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_gen.data.arrays import from_arrays, pairs_from
from keras_gen.data.examples import Examples, Shape
from keras_gen.data.labels import named_classes
from keras_gen.data.streams import Stream, streamed
from keras_gen.data.tf_dataset import examples_of, gives_pairs, labels_of, stream_of
from serving.common.errors import InputError


@dataclass(frozen=True)
class Returned:
    """Pictures of one domain, or pairs.

    Attributes:
        name: what they are called in messages.
        pictures: an array, or a `tf.data.Dataset` whose elements hold the labels, too.
        labels: beside an array; None if unknown.
        classes: names of the classes in the order of their labels; empty if unknown.
        paired: whether they are pairs.
    """

    name: str
    pictures: Any
    labels: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    paired: bool = False

    def examples(self, shape: Shape) -> Examples:
        """All of them, checked and in the shape asked for."""
        if _is_dataset(self.pictures):
            return examples_of(self.name, self.pictures, shape, self.classes)
        if self.paired:
            return pairs_from(self.name, self.pictures, shape)
        return from_arrays(self.name, self.pictures, self.labels, shape, self.classes)

    def stream(self, shape: Shape) -> Stream:
        """The same, one after the other."""
        if _is_dataset(self.pictures):
            return stream_of(self.name, self.pictures, shape, self.classes)
        return streamed(self.name, self.examples(shape))

    def named(self) -> tuple[str, ...]:
        """Names of the classes: those that were returned, or the labels themselves, which are read for it."""
        if self.classes:
            return self.classes
        labels = labels_of(self.name, self.pictures) if _is_dataset(self.pictures) else self.labels
        if labels is None or not len(labels):
            return ()
        return named_classes(self.name, labels, len(labels))[1]


def taken_apart(name: str, value: Any) -> tuple[Returned, ...]:
    """The pictures of one domain, the pairs, or the pictures of A and those of B.

    Args:
        name: of the source, for messages.
        value: of one domain

                images                     (n, height, width[, channels]), of the types that `from_arrays` takes
                images, labels             as `named_classes` takes them
                images, labels, classes    a list of names
                dataset                    of pictures (height, width, channels), of (picture, label), or of batches
                dataset, classes

            or of two

                pairs                      (n, 2, height, width, channels)
                dataset                    of (picture of A, picture of B), or of batches
                a, b                       without pairs, each of them as of one domain

    Raises:
        InputError: anything else.
    """
    if _are_pairs(value):
        return (Returned(name, value if _is_dataset(value) else np.asanyarray(value), paired=True),)
    if isinstance(value, tuple) and len(value) == 2 and all(map(_hold_pictures, value)):
        return tuple(_of_domain(f"{name} ({domain})", part) for domain, part in zip("AB", value, strict=True))
    return (_of_domain(name, value),)


def _of_domain(name: str, value: Any) -> Returned:
    pictures, *others = value if isinstance(value, tuple) and value else (value,)
    if _are_pairs(pictures):
        raise InputError(f"{name} must return pairs alone. Received: pairs in {_text(value)}.")
    if _is_dataset(pictures) and len(others) <= 1:
        return Returned(name, pictures, None, _names(name, others))
    if _is_array(pictures) and len(others) <= 2 and all(map(_is_array, others[:1])):
        labels = np.asanyarray(others[0]) if others else None
        return Returned(name, np.asanyarray(pictures), labels, _names(name, others[1:]))
    raise InputError(
        f"{name} must return an array of images, (images, labels), (images, labels, classes), a tf.data.Dataset or "
        f"(tf.data.Dataset, classes). Received: {_text(value)}."
    )


def _text(value: Any) -> str:
    """A value by its type."""
    return f"({', '.join(map(_text, value))})" if isinstance(value, tuple) else type(value).__name__


def _names(name: str, classes: list[Any]) -> tuple[str, ...]:
    """The names in what may come last."""
    for names in classes:
        if not isinstance(names, (list, tuple)) or not all(isinstance(one, str) for one in names):
            raise InputError(f"{name} must return a list of the names of the classes. Received: {names!r}.")
    return tuple(classes[0]) if classes else ()


def _are_pairs(value: Any) -> bool:
    return gives_pairs(value) if _is_dataset(value) else _is_array(value) and np.ndim(value) == 5


def _hold_pictures(value: Any) -> bool:
    """Whether it can be a domain, and not labels or names of classes."""
    first = value[0] if isinstance(value, tuple) and value else value
    return _is_dataset(first) or (_is_array(first) and np.ndim(first) >= 3)


def _is_array(value: Any) -> bool:
    """Also a tensor, of whatever library."""
    return hasattr(value, "__array__")


def _is_dataset(value: Any) -> bool:
    """Where nobody has imported TensorFlow yet, nothing is one."""
    tensorflow = sys.modules.get("tensorflow")
    return tensorflow is not None and isinstance(value, tensorflow.data.Dataset)
