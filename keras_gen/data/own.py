"""`module:function`: pictures that a function of a user's own returns, as arrays or as a `tf.data.Dataset`.

The function is called with the split, `train` or `test`, and returns None for one that it does not have. What else it
may return is what `taken_apart` takes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras_gen.data.examples import DomainExamples, Examples, MissingSplitError, Shape, joined, of_pairs, splits_of
from keras_gen.data.forms import Form
from keras_gen.data.returned import Returned, taken_apart
from keras_gen.data.streams import Stream, chained
from keras_gen.registry import Registry
from serving.common.errors import InputError

SOURCE = Form(("module:function",), "what a function of your own returns: arrays, or a `tf.data.Dataset`")
DOMAINS = Form(("module:function",), "what a function of your own returns: pairs, or the pictures of A and of B")
FUNCTIONS: Registry[Callable[[str], Any]] = Registry("data")


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
    return joined(name, [part.examples(shape) for (part,) in _domains(name, split, two=False)])


def classes(name: str) -> tuple[str, ...]:
    """Names of the classes of the training split."""
    ((part,),) = _domains(name, "train", two=False)
    return part.named()


def stream(name: str, split: str, shape: Shape) -> Stream:
    """The pictures of `read`; those of a `tf.data.Dataset` of bytes are never in memory all at once."""
    return chained([part.stream(shape) for (part,) in _domains(name, split, two=False)])


def read_domains(name: str, split: str, shape: Shape) -> DomainExamples:
    """All pictures of both domains, or all pairs."""
    found = _domains(name, split, two=True)
    first, *second = (
        joined(name, [part.examples(shape if part.paired else shape.of(domain)) for part in parts])
        for domain, parts in enumerate(zip(*found, strict=True))
    )
    return DomainExamples(first, second[0], paired=False) if second else of_pairs(first)


def stream_domains(name: str, split: str, shape: Shape) -> tuple[Stream, ...]:
    """The pictures of `read_domains`, as `stream` gives them."""
    found = _domains(name, split, two=True)
    return tuple(
        chained([part.stream(shape if part.paired else shape.of(domain)) for part in parts])
        for domain, parts in enumerate(zip(*found, strict=True))
    )


def has_domains(name: str) -> bool:
    """Whether the function returns training pictures of two domains."""
    return _of_two(_returned(name, "train")[0])


def _domains(name: str, split: str, two: bool) -> list[tuple[Returned, ...]]:
    """What the function returned of each split, by domain; all pairs together."""
    found = _returned(name, split)
    for parts in found:
        if _of_two(parts) != two:
            wanted, received = ("two domains", "one") if two else ("one domain", "two")
            raise InputError(f"{name} must return pictures of {wanted}. Received: those of {received}.")
    if len({len(parts) for parts in found}) > 1:
        raise InputError(f"{name} must return pairs for both splits or for none. Received: pairs for one of them.")
    return found


def _of_two(parts: tuple[Returned, ...]) -> bool:
    return len(parts) == 2 or parts[0].paired


def _returned(name: str, split: str) -> list[tuple[Returned, ...]]:
    """Of each split that the function has."""
    values = [value for part in splits_of(split) if (value := _call(name, part)) is not None]
    if not values:
        raise MissingSplitError(f"{name} must return pictures of the split {split!r}. Received: None.")
    return [taken_apart(name, value) for value in values]


def _call(name: str, split: str) -> Any:
    try:
        return FUNCTIONS[name](split)
    except Exception as error:  # whatever a user's function raises
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise InputError(f"{name} must return pictures of the split {split!r}. Received: {reason}.") from error
