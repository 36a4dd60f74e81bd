"""What can be chosen by name: entries of the package, those that a user registers, and `module:name` of own code.

Looking a name up never imports anything, so that a saved model or a bundle cannot make us run code: what is outside of
the package must have been registered before, by the user's program or by a command that was told `module:name`.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from serving.common.errors import InputError, nearest

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """Entries by name, in the order in which they were registered.

    Args:
        argument: name of the argument that chooses among them, for messages.
        entries: those of the package.
    """

    def __init__(self, argument: str, entries: Mapping[str, T] | None = None) -> None:
        self.argument = argument
        self._entries: dict[str, T] = dict(entries or {})

    def register(self, name: str, entry: T) -> T:
        """Adds an entry, which the command line, recipes and constructors know from then on; returns it.

        Raises:
            InputError: another entry has this name.
        """
        if self._entries.setdefault(name, entry) is not entry:
            raise InputError(f"`{self.argument}` {name!r} must be registered once. Received: a second entry.")
        return entry

    def find(self, name: object) -> T:
        """The entry of a name.

        Raises:
            InputError: there is none.
        """
        if isinstance(name, str) and name in self._entries:
            return self._entries[name]
        choices = list(self._entries)
        hint = nearest(str(name), choices)
        if isinstance(name, str) and is_own(name):
            hint = f" Code outside of the package must be registered first: import {name.partition(':')[0]!r}."
        raise InputError(f"`{self.argument}` must be one of {', '.join(choices)}. Received: {name!r}.{hint}")

    def __getitem__(self, name: str) -> T:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def is_own(name: str) -> bool:
    """Whether a name is written `module:name`, as a user's own code is."""
    module, _, attribute = name.partition(":")
    return attribute.isidentifier() and all(part.isidentifier() for part in module.split("."))


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
