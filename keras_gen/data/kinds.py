"""The kinds of source that there are: what the files of `keras_gen/data/sources` state, and a user's own functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import keras_gen.data.sources
from keras_gen.data import own
from keras_gen.data.examples import DomainExamples, Examples, Shape
from keras_gen.data.forms import Form, listed
from keras_gen.data.streams import Stream
from keras_gen.registry import import_own, is_own, modules_of
from serving.common.errors import InputError, nearest

Held = TypeVar("Held")
Streamed = TypeVar("Streamed")


@dataclass(frozen=True)
class Kind(Generic[Held, Streamed]):
    """A kind of source.

    Attributes:
        form: how it is written.
        read: from what the form names, the split and the shape asked for, to the pictures.
        stream: the pictures one after the other, from the same; None where they are in memory in any case.
        has_domains: whether what the form names is one of two domains; None where a kind is always one or the other.
        classes: names of the classes of the training split, read without its pictures; None where all splits have the
            same ones in any case.
    """

    form: Form
    read: Callable[[Any, str, Shape], Held]
    stream: Callable[[Any, str, Shape], Streamed] | None = None
    has_domains: Callable[[str], bool] | None = None
    classes: Callable[[str], tuple[str, ...]] | None = None


def _stated(form: str, read: str, stream: str) -> dict[str, Kind[Any, Any]]:
    """The kinds by what their names begin with; those made of another source come last."""
    modules = map(vars, modules_of(keras_gen.data.sources))
    found = [
        Kind(module[form], module[read], module.get(stream), module.get("has_domains"), module.get("classes"))
        for module in modules
        if form in module
    ]
    return {kind.form.texts[0].partition(":")[0]: kind for kind in sorted(found, key=lambda kind: kind.form.wraps)}


SOURCES: dict[str, Kind[Examples, Stream]] = _stated("SOURCE", "read", "stream")
DOMAINS: dict[str, Kind[DomainExamples, tuple[Stream, ...]]] = _stated("DOMAINS", "read_domains", "stream_domains")
OWN_SOURCE: Kind[Examples, Stream] = Kind(own.SOURCE, own.read, own.stream, classes=own.classes)
OWN_DOMAINS: Kind[DomainExamples, tuple[Stream, ...]] = Kind(own.DOMAINS, own.read_domains, own.stream_domains)


def forms(kinds: Mapping[str, Kind[Any, Any]], of_own: Kind[Any, Any]) -> list[Form]:
    """The forms of these kinds, that of a user's own functions last."""
    return [kind.form for kind in (*kinds.values(), of_own)]


def described(stated: list[Form]) -> str:
    """Each form with what it is, as sentences."""
    return " ".join(f"{listed(list(form.texts))}: {form.what}." for form in stated)


def _texts(stated: list[Form]) -> str:
    return listed([text for form in stated for text in form.texts])


SOURCE_NAMES = _texts(forms(SOURCES, OWN_SOURCE))
DOMAIN_NAMES = _texts(forms(DOMAINS, OWN_DOMAINS))
DATA_HELP = f"{SOURCE_NAMES}; for models that translate {DOMAIN_NAMES}."


def find_source(name: str) -> tuple[Kind[Examples, Stream], str]:
    """The kind of a source of one domain, and what its name says after the kind.

    Raises:
        InputError: there is no such kind, or its name is not complete.
    """
    return _find(name, SOURCES, OWN_SOURCE, f"the data source must be {SOURCE_NAMES}")


def find_domains(name: str) -> tuple[Kind[DomainExamples, tuple[Stream, ...]], str]:
    """The same for a source of two domains."""
    return _find(name, DOMAINS, OWN_DOMAINS, f"two domains must be {DOMAIN_NAMES}")


def _find(
    name: str, kinds: Mapping[str, Kind[Held, Streamed]], of_own: Kind[Held, Streamed], expected: str
) -> tuple[Kind[Held, Streamed], str]:
    head, _, location = name.partition(":")
    if head in kinds:
        text = kinds[head].form.texts[0]
        if ":" not in text and location:
            raise InputError(f"the data source {head!r} takes no path. Received: {location!r}.")
        if ":" in text and not location:
            raise InputError(f"the data source {head!r} must have a path or name, as in {text}. Received: {name!r}.")
        return kinds[head], location
    if name in own.FUNCTIONS:
        return of_own, name
    hint = nearest(head, list(kinds))
    if is_own(name) and not hint and head not in (*SOURCES, *DOMAINS):
        hint = f" A function of your own must be imported first: keras_gen.data.import_data({name!r})."
    raise InputError(f"{expected}. Received: {name!r}.{hint}")


def import_data(name: str) -> None:
    """Imports the function that `module:function` names, alone or as what another source is made of.

    Opening a source never imports code of a user's: commands call this with what they are told, and so may a program.
    A name that begins with one of our kinds is always of that kind, whatever modules there are; a module that is called
    like a kind must be in a package, as in `package.folder:function`.

    Args:
        name: of any source. One that is not of a user's own is left alone, even if there is no such source.

    Raises:
        InputError: a module that cannot be imported, or no such function in it.
    """
    head, _, location = name.partition(":")
    kind = SOURCES.get(head) or DOMAINS.get(head)
    if kind is not None:
        if kind.form.wraps:
            import_data(location.partition(":")[2] if kind.form.chosen else location)
        return
    if not is_own(name):
        return
    try:
        function = import_own(name, "data")
    except InputError as error:
        unknown = isinstance(error.__cause__, ModuleNotFoundError) and error.__cause__.name == head.partition(".")[0]
        raise InputError(f"{error}{nearest(head, [*SOURCES, *DOMAINS]) if unknown else ''}") from error
    own.register(name, function)
