"""What can be chosen by name: entries of the package, those that a user registers, and `module:name` of own code.

Looking a name up never imports anything, so that a saved model or a bundle cannot make us run code: what is outside of
the package must have been registered before, by the user's program or by a command that was told `module:name`.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any, Generic, NamedTuple, TypeVar

from serving.common.errors import InputError, nearest

T = TypeVar("T")
MODULE_NAME = "module:name of your own"


def _each_name(value: Any) -> Iterable[str]:
    return [value] if isinstance(value, str) else value or ()


class Registry(Mapping[str, T], Generic[T]):
    """Entries by name, in the order in which they were registered.

    An argument that chooses among them is annotated with the registry, as in `Annotated[str, PAIRS]`: help and errors
    of the command line take the choices from there.

    Args:
        argument: name of the argument that chooses among them, for messages.
        entries: those of the package.
        kind: what every entry is an instance of; `type[X]` for subclasses of X.
        names: from a value of the argument to the names in it; by default the value is a name, or a sequence of them.
    """

    def __init__(
        self,
        argument: str,
        entries: Mapping[str, T] | None = None,
        kind: Any = object,
        names: Callable[[Any], Iterable[str]] = _each_name,
    ) -> None:
        self.argument = argument
        self.kind = kind
        self.names = names
        self._entries: dict[str, T] = dict(entries or {})

    def register(self, name: str, entry: T) -> T:
        """Adds an entry, which the command line, recipes and constructors know from then on; returns it.

        Raises:
            InputError: another entry has this name, or this one is of another kind.
        """
        classes = typing.get_args(self.kind)
        fits = isinstance(entry, type) and issubclass(entry, classes) if classes else isinstance(entry, self.kind)
        if not fits:
            wanted = f"a subclass of {classes[0].__name__}" if classes else f"an instance of {self.kind.__name__}"
            raise InputError(f"`{self.argument}` {name!r} must be {wanted}. Received: {_described(entry)}.")
        if self._entries.setdefault(name, entry) is not entry:
            raise InputError(f"`{self.argument}` {name!r} must be registered once. Received: a second entry.")
        return entry

    def find(self, name: object, option: str | None = None, optional: bool = False) -> T:
        """The entry of a name.

        Args:
            name: as the user gave it.
            option: how the argument is spelled on the command line, for messages.
            optional: whether the argument can be left out, for messages.

        Raises:
            InputError: there is none.
        """
        if isinstance(name, str) and name in self._entries:
            return self._entries[name]
        hint = nearest(str(name), list(self._entries))
        if isinstance(name, str) and is_own(name):
            hint = register_first(name)
        shown, received = (f"`{self.argument}`", repr(name)) if option is None else (option, name)
        choices = f"{', '.join(self._entries)}{' or null' if optional else ''}"
        raise InputError(f"{shown} must be one of {choices}. Received: {received}.{hint}")

    def __getitem__(self, name: str) -> T:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    # A registry is itself alone, whatever it holds, so that it can stand in an annotation.
    __eq__ = object.__eq__
    __hash__ = object.__hash__


class Choice(NamedTuple):
    """What an argument says about the names that it takes.

    Attributes:
        registry: what it chooses from.
        optional: whether it may be None.
    """

    registry: Registry[Any]
    optional: bool


def choices_of(function: Callable[..., Any]) -> dict[str, Choice]:
    """The arguments, of a function or a dataclass, that are annotated with a registry.

    Raises:
        InputError: an annotation that cannot be evaluated.
    """
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        name = getattr(function, "__qualname__", function)
        raise InputError(f"annotations of {name} must name what its module imports. Received: {error}.") from error
    found = {name: next(_registries_in(hint), None) for name, hint in hints.items()}
    return {
        name: Choice(registry, type(None) in typing.get_args(_bare(hints[name])))
        for name, registry in found.items()
        if registry is not None
    }


def _bare(hint: Any) -> Any:
    return hint.__origin__ if hasattr(hint, "__metadata__") else hint


def _registries_in(hint: Any) -> Iterator[Registry[Any]]:
    for part in (*getattr(hint, "__metadata__", ()), *typing.get_args(hint)):
        if isinstance(part, Registry):
            yield part
        else:
            yield from _registries_in(part)


def _described(entry: object) -> str:
    return f"the class {entry.__name__}" if isinstance(entry, type) else f"a value of the type {type(entry).__name__}"


def modules_of(package: ModuleType) -> list[ModuleType]:
    """The modules of a package, imported: an entry of ours is a file that nobody lists."""
    names = [info.name for info in pkgutil.iter_modules(package.__path__)]
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


def is_own(name: str) -> bool:
    """Whether a name is written `module:name`, as a user's own code is."""
    module, _, attribute = name.partition(":")
    return attribute.isidentifier() and all(part.isidentifier() for part in module.split("."))


def register_first(name: str) -> str:
    """What a message about an unknown `module:name` ends with."""
    return f" Code outside of the package must be registered first: import {name.partition(':')[0]!r}."


def import_own(name: str, argument: str) -> object:
    """What `module:name` names, from the current folder or anywhere on Python's path. For commands and recipes alone.

    Args:
        name: the dotted name of a module, a colon, and a name in it.
        argument: what it was given for, for messages.

    Raises:
        InputError: there is no such module, it cannot be imported, or it has no such name.
    """
    if not is_own(name):
        raise InputError(f"`{argument}` must be module:name, as in my_module:MyModel. Received: {name!r}.")
    module_name, _, attribute = name.partition(":")
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # whatever a user's module raises while it is imported
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise InputError(
            f"`{argument}` {name!r} must name a module that can be imported. Received: {reason}."
        ) from error
    if not hasattr(module, attribute):
        names = [known for known in vars(module) if not known.startswith("_")]
        raise InputError(
            f"`{argument}` must name something in {module_name}. Received: {name!r}.{nearest(attribute, names)}"
        )
    return getattr(module, attribute)
