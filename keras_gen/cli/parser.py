"""A parser whose mistakes are one line: what was expected, what came, and what was probably meant."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any, NoReturn

import jsonargparse

from keras_gen.cli.help_text import HelpText, choices, described
from keras_gen.cli.spelling import add_dashed, as_option, hint_of, spelled, with_values
from serving.common.errors import InputError, nearest

only_parsers: ContextVar[bool] = ContextVar("only_parsers", default=False)


class ParserReached(Exception):  # noqa: N818 - no error
    """What a command ends with where only its parser is wanted, before it parses anything. See `parser_of`."""

    def __init__(self, parser: Parser) -> None:
        super().__init__(parser.prog)
        self.parser = parser


class Parser(jsonargparse.ArgumentParser):
    """`jsonargparse.ArgumentParser` that takes options as people type them, and raises InputError for mistakes.

    jsonargparse's exceptions do not carry the option and the value that they are about, so that the parser notes them
    where it is given them.
    """

    def __init__(self, prog: str | None = None, **kwargs: Any) -> None:
        super().__init__(
            prog=prog, allow_abbrev=False, formatter_class=HelpText, print_config="--print-config", **kwargs
        )
        self._reading: tuple[argparse.Action, Any] | None = None

    def parse_args(self, args: Sequence[str] | None = None, *rest: Any, **kwargs: Any) -> jsonargparse.Namespace:  # type: ignore[override]
        add_dashed(self._actions, self._option_string_actions)
        if only_parsers.get():
            raise ParserReached(self)
        words = with_values(sys.argv[1:] if args is None else args, self._option_string_actions)
        return super().parse_args(words, *rest, **kwargs)

    def validate(self, namespace: jsonargparse.Namespace, *args: Any, **kwargs: Any) -> None:
        """Raises InputError for a key that is no option, a value of another type, and what is missing."""
        skip_required = kwargs.pop("skip_required", False)
        for key in map(str, namespace.keys(nested=True)):
            if not self._has(key):
                close = nearest(as_option(key), self._options())
                raise InputError(f"{self.prog} has no option {key!r}.{close}")
        super().validate(namespace, *args, skip_required=True, **kwargs)
        required = [action for action in self._actions if action.required and action.nargs not in ("?", "*")]
        missing = [action for action in required if namespace.get(action.dest) is None]
        if missing and not skip_required:
            raise InputError(f"{self.prog} needs {', '.join(map(spelled, missing))}.")

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        raise InputError(self._explained(" ".join(message.split()), ex)) from None

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        values = super()._get_values(action, arg_strings)
        self._reading = action, values
        return values

    def _check_value_key(self, action: argparse.Action, value: Any, *args: Any, **kwargs: Any) -> Any:
        self._reading = action, value
        return super()._check_value_key(action, value, *args, **kwargs)

    def _explained(self, message: str, ex: Exception | None) -> str:
        if ex is None:
            names = [word.partition("=")[0] for word in self.args if word.startswith("--")]
            if unknown := [name for name in names if name not in self._option_string_actions and name != "--"]:
                return f"{self.prog} has no option {unknown[0]}.{nearest(unknown[0], self._options())}"
        if isinstance(ex, argparse.ArgumentError) and ex.argument_name:
            return f"{ex.argument_name.partition('/')[0]}: {ex.message}"
        if isinstance(ex, TypeError) and self._reading:
            return _mismatch(*self._reading, message)
        return f"{self.prog}: {message}"

    def _has(self, key: str) -> bool:
        """Whether a key, or the option that it is a part of, is known. Groups are no options of their own."""
        known = {action.dest for action in self._actions if action.metavar != "CONFIG"}
        return key in known or any(key.startswith(f"{one}.") for one in known)

    def _options(self) -> list[str]:
        return [name for action in self._actions for name in action.option_strings[:1] if "_" not in name]


def _mismatch(action: argparse.Action, value: Any, message: str) -> str:
    """What an option must be, and what came."""
    if isinstance(action, jsonargparse.ActionConfigFile):
        return f"{spelled(action)} must be a YAML file of options. Received: {value}: {message}"
    hint = hint_of(action)
    received = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    close = nearest(received, choices(hint))
    return f"{spelled(action)} must be {described(hint)}. Received: {received}.{close}"
