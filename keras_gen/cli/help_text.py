"""What `--help` prints: usage in one line, options with dashes, and defaults where there are any."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import Any, Literal, get_args, get_origin

import jsonargparse

from keras_gen.cli.spelling import alternatives, hint_of, is_switch, off_switch, spelled

SUPPRESS = argparse.SUPPRESS
PRINT_CONFIG = "print_config"


def described(hint: Any) -> str:
    """A type in words: `int or null`, `one of linear, spherical`."""
    kinds = [kind for kind in alternatives(hint) if kind is not type(None)]
    names = [f"one of {', '.join(choices(kind))}" if choices(kind) else _name(kind) for kind in kinds]
    return " or ".join([*names, *(["null"] if len(kinds) < len(alternatives(hint)) else [])])


def choices(hint: Any) -> list[str]:
    """What a `Literal` lists, also one that may be null."""
    return [str(value) for kind in alternatives(hint) if get_origin(kind) is Literal for value in get_args(kind)]


def _name(kind: Any) -> str:
    if kind is bool:
        return "true or false"
    if get_origin(kind) in (list, Sequence):
        of = get_args(kind)[0]
        example = "'[1, 2]'" if of in (int, float) else "[a,b]"
        return f"a list of {described(of)}, as in {example}"
    if get_origin(kind) is tuple:
        return f"[{', '.join(map(described, get_args(kind)))}]"
    return kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind).replace("typing.", "")


class HelpText(jsonargparse.DefaultHelpFormatter):
    """jsonargparse's help without what only a recipe or a programmer needs."""

    def add_argument(self, action: argparse.Action) -> None:
        if not action.dest.endswith(".help"):  # jsonargparse's list of classes for an option that takes a network
            super().add_argument(action)

    def _format_usage(self, usage: str | None, actions: Iterable[argparse.Action], *args: Any, **kwargs: Any) -> str:
        shown = [action for action in actions if action.help is not SUPPRESS]
        required = [f"{spelled(one)} {_metavar(one)}" for one in shown if one.option_strings and one.required]
        words = [*(_positional(one) for one in shown if not one.option_strings), *required]
        return f"usage: {' '.join([self._prog, *words])} [options]\n\n"

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings:
            return super()._format_action_invocation(action)
        names = [name for name in action.option_strings if "_" not in name and not name.endswith("+")]
        if is_switch(action):
            return ", ".join([*names, off_switch(spelled(action))])
        value = "" if action.nargs == 0 or action.dest == PRINT_CONFIG else f" {_metavar(action)}"
        return ", ".join(names) + value

    def _get_help_string(self, action: argparse.Action) -> str:
        if action.metavar == "CONFIG":
            return "All options of this group at once: YAML, or a file of it."
        if action.dest == PRINT_CONFIG:
            return "Print all options as a recipe and exit."
        text = action.help or ""
        text = text[:1].upper() + text[1:].rstrip(".") + "."
        kinds = alternatives(hint_of(action))
        facts = ["required"] if action.required and action.option_strings else []
        facts += [kind.__name__ for kind in kinds if kind in (int, float)]
        if action.default not in (None, SUPPRESS, []) and not (is_switch(action) and not action.default):
            facts.append("default: %(default)s")
        return f"{text} ({', '.join(facts)})" if facts else text


def _metavar(action: argparse.Action) -> str:
    if listed := choices(hint_of(action)):
        value = f"{{{','.join(listed)}}}"
    elif isinstance(action.metavar, str):
        value = action.metavar
    else:
        value = action.dest.rpartition(".")[2].upper()
    return f"{value} ..." if action.nargs in ("+", "*") else value


def _positional(action: argparse.Action) -> str:
    many = f"{action.dest.upper()} ..." if action.nargs in ("+", "*") else action.dest.upper()
    return f"[{many}]" if action.nargs in ("?", "*") else many
