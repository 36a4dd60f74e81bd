"""Options as people type them: `--image-size` is `--image_size`, and `--mirror` alone is `--mirror true`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from serving.common.errors import InputError

SWITCH = {"true", "false"}
# As in --value-range -1024,3071, which argparse takes for an option.
NEGATIVE_FIRST = re.compile(r"-[\d.]+,")


def hint_of(action: argparse.Action) -> Any:
    """The type of an option's values; jsonargparse keeps it here where it is more than a function of one word."""
    return getattr(action, "_typehint", action.type)


def alternatives(hint: Any) -> tuple[Any, ...]:
    """The parts of a union, or the type itself."""
    if get_origin(hint) is Annotated:
        return alternatives(get_args(hint)[0])
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def is_switch(action: argparse.Action) -> bool:
    """Whether an option is true or false, or null besides."""
    kinds = alternatives(hint_of(action))
    return bool in kinds and set(kinds) <= {bool, type(None)}


def spelled(action: argparse.Action) -> str:
    """An option as people type it, `--image-size`; the name of a positional argument."""
    return action.option_strings[0] if action.option_strings else action.dest


def as_option(name: str) -> str:
    """An option by the name of its value, as people type it: `--image-size` of `image_size`."""
    return f"--{name.replace('_', '-')}"


def off_switch(name: str) -> str:
    """What sets `--mirror` to false: `--no-mirror`; of `--model.binarize`, `--model.no-binarize`."""
    path, dot, last = name.removeprefix("--").rpartition(".")
    return f"--{path}{dot}no-{last}"


def add_dashed(actions: Sequence[argparse.Action], options: dict[str, argparse.Action]) -> None:
    """Lets every option be spelled with dashes, which is its first spelling from then on.

    Recipes too: jsonargparse takes the options' spellings for keys.
    """
    for action in actions:
        dashed = [name.replace("_", "-") for name in action.option_strings]
        action.option_strings = list(dict.fromkeys([*dashed, *action.option_strings]))
        options.update(dict.fromkeys(action.option_strings, action))


def with_values(words: Sequence[str], options: Mapping[str, argparse.Action]) -> list[str]:
    """The words with a value for every switch, so that none can take the word behind it for its own.

    `--mirror`, `--mirror true` and `--no-mirror` become `--mirror=true` and `--mirror=false`. A positional argument
    that is called `true` must not stand behind a switch. Several numbers with commas between them, the first of them
    negative, are the value of the option in front.

    Args:
        words: of the command line.
        options: every spelling of an option, with what it stands for.

    Raises:
        InputError: a value for `--no-mirror`.
    """
    off = {off_switch(spelled(action)): action for action in options.values() if is_switch(action)}
    off = {name: action for name, action in off.items() if name not in options}
    result: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if word == "--":
            return [*result, word, *rest]
        if name.startswith("--") and name not in options and name.replace("_", "-") in options:
            name = name.replace("_", "-")
            word = name + equals + value
        if (unset := off.get(name.replace("_", "-"))) is not None:
            if equals or (rest and rest[0].lower() in SWITCH):
                raise InputError(f"{name} must be given without a value. Received: {value or rest[0]}.")
            result.append(f"{spelled(unset)}=false")
        elif word in options and is_switch(options[word]):
            given = bool(rest) and rest[0].lower() in _values(options[word])
            result.append(f"{word}={rest.pop(0) if given else 'true'}")
        elif word in options and rest and NEGATIVE_FIRST.match(rest[0]):
            result.append(f"{word}={rest.pop(0)}")
        else:
            result.append(word)
    return result


def _values(action: argparse.Action) -> set[str]:
    return SWITCH | {"null"} if type(None) in alternatives(hint_of(action)) else SWITCH
