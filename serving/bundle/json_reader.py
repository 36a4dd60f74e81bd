"""Typed reading of JSON that someone else wrote."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Self, TypeVar

from serving.bundle.schema import DEEPEST, LARGEST_INTEGER
from serving.common.errors import InputError

Read = TypeVar("Read")
HALF_OF_A_PAIR = re.compile("[\ud800-\udfff]")


def parse_document(text: str) -> Any:
    """What a manifest says, before anything is known of its entries.

    Raises:
        InputError: not JSON, too deep, a number that 64-bit floating point cannot hold, or text that is not Unicode.
    """
    try:
        data = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise InputError(f"a manifest must be JSON. Received: {error}.") from None
    _check_values(data, depth=1)
    return data


def _refuse(constant: str) -> NoReturn:
    """Of NaN and Infinity, which Python knows and JSON does not."""
    raise ValueError(constant)


def _too_deep() -> InputError:
    return InputError(f"a manifest must be at most {DEEPEST} arrays and objects deep. Received: more.")


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # an integer, of which Python has any
        return False


def _check_values(value: object, depth: int) -> None:
    if isinstance(value, str) and HALF_OF_A_PAIR.search(value):
        raise InputError("a manifest must be Unicode. Received: half of a surrogate pair.")
    if isinstance(value, int | float) and not _is_finite(value):
        raise InputError("a manifest must have numbers of 64-bit floating point. Received: a larger one.")
    if isinstance(value, list | dict):
        if depth > DEEPEST:
            raise _too_deep()
        for each in [*value, *value.values()] if isinstance(value, dict) else value:
            _check_values(each, depth + 1)


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
        printed = "".join(letter if letter.isprintable() else " " for letter in key)
        return type(self)(f"{self.where}.{printed}")

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

    def map_of(self, data: object, read: Callable[[Self, Any], Read], most: int | None = None) -> dict[str, Read]:
        """An object of any keys, at most `most`, each of whose values `read` is given with its reader."""
        entries = self.mapping(data)
        if most is not None and len(entries) > most:
            raise InputError(f"{self.where} must be at most {most} entries. Received: {len(entries)}.")
        return {key: read(self.at(key), value) for key, value in entries.items()}

    def fields(self, data: object, required: set[str]) -> dict[str, Any]:
        """An object with all `required` keys. Others are optional: what is not known is ignored."""
        entries = self.mapping(data)
        if missing := sorted(required - entries.keys()):
            raise InputError(f"{self.where} must have {missing[0]!r}. Received: {sorted(entries)}.")
        return entries

    def optional(
        self, entries: Mapping[str, Any], key: str, read: Callable[[Self, Any], Read], otherwise: Read
    ) -> Read:
        """What `read` makes of an entry, or `otherwise` where it is not there or null."""
        value = entries.get(key)
        return otherwise if value is None else read(self.at(key), value)

    def integer(self, data: object, low: int = 0, high: int = LARGEST_INTEGER) -> int:
        """A whole number from `low` to `high`; 3.0 is one, as not every language tells it from 3."""
        if isinstance(data, float) and data.is_integer():
            data = int(data)
        if isinstance(data, bool) or not isinstance(data, int) or data < low:
            raise self.fail(f"an integer of at least {low}", data)
        if data > high:
            raise self.fail(f"an integer of at most {high}", data)
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

    def array(self, data: object, most: int | None = None) -> list[Any]:
        """An array of anything, at most `most` of it."""
        if not isinstance(data, list):
            raise self.fail("an array", data)
        if most is not None and len(data) > most:
            raise InputError(f"{self.where} must be at most {most} entries. Received: {len(data)}.")
        return data

    def flag(self, data: object) -> bool:
        """True or false."""
        if not isinstance(data, bool):
            raise self.fail("true or false", data)
        return data
