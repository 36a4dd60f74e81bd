"""`module:function`: pictures that a function of a user's own returns, as arrays or as a `tf.data.Dataset`.

The function is called with the split, `train` or `test`, and returns None for one that it does not have. Otherwise it
returns pictures of one domain, with or without labels and the names of the classes:

    images                       (n, height, width[, 1 or 3]), of the types that `from_arrays` takes
    images, labels
    images, labels, classes
    dataset                      of pictures (height, width, 1 or 3), of (picture, label), or of batches of either
    dataset, classes

or pictures of two domains:

    pairs                        (n, 2, height, width, 1 or 3)
    dataset                      of (picture of A, picture of B), or of batches of these
    a, b                         without pairs, each of them as of one domain
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from keras_gen.data.arrays import from_arrays, pairs_from
from keras_gen.data.examples import DomainExamples, Examples, MissingSplitError, Shape, joined, of_pairs, splits_of
from keras_gen.data.forms import Form
from keras_gen.data.streams import Stream, chained, streamed
from keras_gen.data.tf_dataset import examples_of, gives_pairs, stream_of
from keras_gen.registry import Registry
from serving.common.errors import InputError

SOURCE = Form(("module:function",), "what a function of your own returns: arrays, or a `tf.data.Dataset`")
DOMAINS = Form(("module:function",), "what a function of your own returns: pairs, or the pictures of A and of B")
FUNCTIONS: Registry[Callable[[str], Any]] = Registry("data")


class _Given(NamedTuple):
    """What a function returned of one domain: arrays, or a `tf.data.Dataset` with its labels in it."""

    pictures: Any
    labels: Any = None
    classes: tuple[str, ...] = ()


def register(name: str, function: object) -> None:
    """Lets sources of this name be what the function returns.

    Raises:
        InputError: it is no function, or the name is that of another one.
    """
    if not callable(function):
        raise InputError(f"`data` {name!r} must name a function. Received: {type(function).__name__}.")
    FUNCTIONS.register(name, function)


def read(name: str, split: str, shape: Shape) -> Examples:
    """All pictures; an array that is mapped from a file stays so if it is used as it is."""
    return joined(name, [_examples(name, _one(name, value), shape) for value in _returned(name, split)])


def stream(name: str, split: str, shape: Shape) -> Stream:
    """The pictures of `read`; a `tf.data.Dataset` of bytes is read one after the other."""
    return chained([_stream(name, _one(name, value), shape) for value in _returned(name, split)])


def read_domains(name: str, split: str, shape: Shape) -> DomainExamples:
    """All pictures of both domains, or all pairs."""
    values = _returned(name, split)
    if all(_are_pairs(value) for value in values):
        return of_pairs(joined(name, [_pairs(name, value, shape) for value in values]))
    both = [[_examples(of, given, shape) for of, given in _apart(name, value)] for value in values]
    a, b = (joined(name, [parts[domain] for parts in both]) for domain in (0, 1))
    return DomainExamples(a, b, paired=False)


def stream_domains(name: str, split: str, shape: Shape) -> tuple[Stream, ...]:
    """The pictures of `read_domains`, as `stream` gives them."""
    values = _returned(name, split)
    if all(_are_pairs(value) for value in values):
        return (chained([_pair_stream(name, value, shape) for value in values]),)
    both = [[_stream(of, given, shape) for of, given in _apart(name, value)] for value in values]
    a, b = (chained([parts[domain] for parts in both]) for domain in (0, 1))
    return a, b


def has_domains(name: str) -> bool:
    """Whether the function returns pictures of two domains."""
    return _of_two(_returned(name, "train")[0])


def _returned(name: str, split: str) -> list[Any]:
    """What the function returns of each split that it has."""
    found = [value for part in splits_of(split) if (value := _call(name, part)) is not None]
    if not found:
        raise MissingSplitError(f"{name} must return pictures of the split {split!r}. Received: None.")
    return found


def _call(name: str, split: str) -> Any:
    try:
        return FUNCTIONS[name](split)
    except Exception as error:  # whatever a user's function raises
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise InputError(f"{name} must return pictures of the split {split!r}. Received: {reason}.") from error


def _of_two(value: Any) -> bool:
    return _are_pairs(value) or (isinstance(value, tuple) and len(value) == 2 and all(map(_holds_pictures, value)))


def _are_pairs(value: Any) -> bool:
    return gives_pairs(value) if _is_dataset(value) else np.ndim(value) == 5 if _is_array(value) else False


def _holds_pictures(value: Any) -> bool:
    """Whether it can be all of a domain, and not labels or names of classes."""
    if isinstance(value, tuple) and value:
        value = value[0]
    return _is_dataset(value) or (_is_array(value) and np.ndim(value) >= 3)


def _is_array(value: Any) -> bool:
    """Also a tensor, of whatever library."""
    return hasattr(value, "__array__")


def _is_dataset(value: Any) -> bool:
    """Where nobody has imported TensorFlow yet, nothing is one."""
    tensorflow = sys.modules.get("tensorflow")
    return tensorflow is not None and isinstance(value, tensorflow.data.Dataset)


def _one(name: str, value: Any) -> _Given:
    """What was returned of one domain, taken apart."""
    if _of_two(value):
        raise InputError(f"{name} must return pictures of one domain. Received: those of two.")
    parts = value if isinstance(value, tuple) else (value,)
    if parts and _is_dataset(parts[0]) and len(parts) <= 2:
        return _Given(parts[0], None, _names(name, parts[1:]))
    if 1 <= len(parts) <= 3 and all(map(_is_array, parts[:2])):
        images, labels = np.asanyarray(parts[0]), np.asanyarray(parts[1]) if parts[1:] else None
        return _Given(images, labels, _names(name, parts[2:]))
    received = f"({', '.join(type(part).__name__ for part in parts)})" if value is parts else type(value).__name__
    raise InputError(
        f"{name} must return images; images, labels; images, labels, classes; a tf.data.Dataset; or one and classes. "
        f"Received: {received}."
    )


def _names(name: str, classes: tuple[Any, ...]) -> tuple[str, ...]:
    if not classes:
        return ()
    if not isinstance(classes[0], (list, tuple)) or not all(isinstance(of, str) for of in classes[0]):
        raise InputError(f"{name} must return a list of the names of the classes. Received: {classes[0]!r}.")
    return tuple(classes[0])


def _apart(name: str, value: Any) -> list[tuple[str, _Given]]:
    """What was returned of two domains without pairs, each with what it is called in messages."""
    if _are_pairs(value) or not _of_two(value):
        received = "pairs in one split alone" if _are_pairs(value) else "those of one"
        raise InputError(f"{name} must return pictures of two domains. Received: {received}.")
    return [(f"{name} ({domain})", _one(name, part)) for domain, part in zip("AB", value, strict=True)]


def _examples(name: str, given: _Given, shape: Shape) -> Examples:
    if _is_dataset(given.pictures):
        found = examples_of(name, given.pictures, shape, given.classes)
    else:
        found = from_arrays(name, given.pictures, given.labels, shape, given.classes)
    if (
        given.classes
        and found.labels is not None
        and not 0 <= found.labels.min() <= found.labels.max() < len(found.classes)
    ):
        received = f"{found.labels.min()} to {found.labels.max()}"
        raise InputError(f"{name} must have labels from 0 to {len(found.classes) - 1}. Received: {received}.")
    return found


def _stream(name: str, given: _Given, shape: Shape) -> Stream:
    if _is_dataset(given.pictures):
        return stream_of(name, given.pictures, shape, given.classes)
    return streamed(name, _examples(name, given, shape))


def _pairs(name: str, value: Any, shape: Shape) -> Examples:
    """Pairs (n, 2, height, width, channels)."""
    if _is_dataset(value):
        return examples_of(name, value, shape)
    return pairs_from(name, np.asanyarray(value), shape)


def _pair_stream(name: str, value: Any, shape: Shape) -> Stream:
    return stream_of(name, value, shape) if _is_dataset(value) else streamed(name, _pairs(name, value, shape))
