"""Typed reading of JSON that someone else wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from serving.common.errors import InputError


class JsonReader:
    """Entries of parsed JSON by their type.

    Every method raises InputError, which names the place of an entry that is of another type.

    Args:
        where: the place of the entry, keys joined by points.
    """

    def __init__(self, where: str) -> None:
        self.where = where

    def at(self, key: str) -> Self:
        """The reader of an entry inside this one."""
        return type(self)(f"{self.where}.{key}")

    def fail(self, expected: str, received: object) -> InputError:
        """The error that names this entry."""
        shown = repr(received)
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        return InputError(f"{self.where} must be {expected}. Received: {shown}.")

    def mapping(self, data: object) -> dict[str, Any]:
        """An object of any keys."""
        if not isinstance(data, Mapping):
            raise self.fail("an object", data)
        return dict(data)

    def fields(self, data: object, required: set[str], optional: set[str] = frozenset()) -> dict:  # type: ignore[assignment]
        """An object with all `required` keys and no others but `optional` ones."""
        entries = self.mapping(data)
        if missing := sorted(required - entries.keys()):
            raise InputError(f"{self.where} must have {missing[0]!r}. Received: {sorted(entries)}.")
        if unknown := sorted(entries.keys() - required - optional):
            raise InputError(f"{self.where} has an unknown entry. Received: {unknown[0]!r}.")
        return entries

    def integer(self, data: object, low: int = 0) -> int:
        """A whole number of at least `low`."""
        if isinstance(data, bool) or not isinstance(data, int) or data < low:
            raise self.fail(f"an integer of at least {low}", data)
        return data

    def number(self, data: object) -> float:
        """Any number."""
        if isinstance(data, bool) or not isinstance(data, int | float):
            raise self.fail("a number", data)
        return float(data)

    def text(self, data: object, *choices: str) -> str:
        """A string, one of `choices` where there are some."""
        if not isinstance(data, str) or (choices and data not in choices):
            raise self.fail(" or ".join(map(repr, choices)) if choices else "a string", data)
        return data

    def array(self, data: object) -> list[Any]:
        """An array of anything."""
        if not isinstance(data, list):
            raise self.fail("an array", data)
        return data

    def flag(self, data: object) -> bool:
        """True or false."""
        if not isinstance(data, bool):
            raise self.fail("true or false", data)
        return data
