"""What can be typed behind `keras-gen`, from the parsers of the commands themselves, as lines of a table.

Fields are parted by tabs; the first says what a line is, and `shells/complete.awk` reads them:

    C  command   what it does
    O  scope     spellings    values   + for several   what it does      scope: a command, or `train MODEL`
    P  scope     values                                                  of words that are no options
    M  model     R  recipe  model     D  kind of data  1 for one that is made of another

Values are words with spaces between them, `/` for names of files, `@data` for sources of data, `-` for an option
that takes none, and nothing for one whose values are not known, such as a number.
"""

from __future__ import annotations

import argparse
import functools
import importlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from keras_gen.cli.help_text import PRINT_CONFIG, SUPPRESS, choices
from keras_gen.cli.main import COMMANDS
from keras_gen.cli.parser import Parser, ParserReached, only_parsers
from keras_gen.cli.recipe_files import packaged_recipes, recipe_model
from keras_gen.cli.spelling import alternatives, hint_of, is_switch, off_switch, spelled
from serving.bundle.ready import ready_names
from serving.runtime.openvino import PRECISIONS
from serving.runtime.providers import AUTO, EXECUTION_PROVIDERS

FILES, DATA, NOTHING, NUMBER = "/", "@data", "-", ""
# What stands for what, where the type of an option says only that it is text.
SPLITS = "train test all"
BY_NAME = {
    "provider": " ".join([AUTO, *EXECUTION_PROVIDERS]),
    "precision": " ".join(PRECISIONS),
    "split": SPLITS,
    "data": DATA,
    "target": DATA,
    "codes": DATA,
    "calibrate": DATA,
}
OF_DATA = ("data", "prepare")
BUNDLES = ("bundle", "bundles", "place", "run")
HELP_LENGTH = 70


class Option(NamedTuple):
    """A line of an option but for its scope."""

    spellings: str
    values: str
    several: str
    what: str


def table() -> list[str]:
    """The lines."""
    lines: list[tuple[str, ...]] = [("C", name, what) for name, what in COMMANDS.items()]
    for name in COMMANDS:
        lines += _of_training() if name == "train" else _of_command(name)
    lines += [("R", name, recipe_model(name)) for name in packaged_recipes()]
    return ["\t".join(line) for line in [*lines, *_kinds_of_data()]]


def parser_of(command: str, *words: str) -> Parser:
    """The parser of a command, which its `run` makes; nothing else of the command is done.

    Args:
        command: its name.
        *words: what the parser depends on, such as the model of `train`.

    Raises:
        ModuleNotFoundError: the command needs a package that is not installed.
    """
    before = only_parsers.set(True)
    try:
        importlib.import_module(f"keras_gen.cli.{command.replace('-', '_')}").run(list(words))
    except ParserReached as reached:
        return reached.parser
    finally:
        only_parsers.reset(before)
    raise TypeError(f"keras_gen.cli.{command} must parse its words with a `Parser`.")


def _of_command(command: str) -> Iterator[tuple[str, ...]]:
    try:
        parser = parser_of(command)
    except ModuleNotFoundError:  # an extra is not installed, and the command cannot be run here
        yield "P", command, FILES
        return
    yield from (("O", command, *option) for option in _options(parser, _registered()))
    values = [_of_positional(command, action) for action in parser._actions if not action.option_strings]
    if values:
        yield "P", command, " ".join(dict.fromkeys(word for value in values for word in value.split()))


def _of_training() -> Iterator[tuple[str, ...]]:
    """Options of all models, those of each, and the models."""
    try:
        from keras_gen.models import model_class, model_names
        from keras_gen.training.config import choices_of_model
    except ModuleNotFoundError:
        yield "P", "train", FILES
        return
    found = {}
    for name in model_names():
        of_model = {key: " ".join(choice.registry) for key, choice in choices_of_model(model_class(name)).items()}
        found[name] = list(_options(parser_of("train", name), _registered() | of_model))
        yield "M", name
    of_all = set.intersection(*map(set, found.values()))
    yield from (("O", "train", *option) for option in next(iter(found.values())) if option in of_all)
    for name, options in found.items():
        yield from (("O", f"train {name}", *option) for option in options if option not in of_all)
    yield "P", "train", " ".join(found)


@functools.cache
def _registered() -> dict[str, str]:
    """What is chosen by name from modules that need TensorFlow, by option; nothing where there is none."""
    try:
        from keras_gen.metrics import evaluation, sample_figures, translation
        from keras_gen.training.trackers import TRACKERS
    except ModuleNotFoundError:
        return {}
    metrics = dict.fromkeys([*sample_figures.METRICS, *evaluation.CODE_METRICS, *translation.METRICS])
    return {"log": " ".join(["csv", *TRACKERS]), "metrics": " ".join(metrics)}


def _kinds_of_data() -> Iterator[tuple[str, ...]]:
    try:
        from keras_gen.data.kinds import DOMAINS, SOURCES
    except ModuleNotFoundError:
        return
    forms = [kind.form for kind in SOURCES.values()] + [kind.form for kind in DOMAINS.values()]
    wraps: dict[str, str] = {}
    for form in forms:
        for text in form.texts:
            name, colon, _ = text.partition(":")
            wraps.setdefault(f"{name}{colon}", "1" if form.wraps and not form.chosen else "")
    yield from (("D", name, wrapped) for name, wrapped in wraps.items())


def _options(parser: Parser, registries: Mapping[str, str]) -> Iterator[Option]:
    for action in parser._actions:
        names = [name for name in action.option_strings if "_" not in name and not name.endswith("+")]
        if not names or action.help is SUPPRESS or action.dest == "help" or action.dest.endswith(".help"):
            continue
        switch = is_switch(action)
        spellings = [*names, off_switch(spelled(action))] if switch else names
        flag = switch or action.nargs == 0 or action.dest == PRINT_CONFIG
        values = NOTHING if flag else _of_option(action, registries)
        yield Option(" ".join(spellings), values, "+" if action.nargs in ("+", "*") else "", _short(action.help or ""))


def _of_option(action: argparse.Action, registries: Mapping[str, str]) -> str:
    hint = hint_of(action)
    if listed := choices(hint):
        return " ".join(listed)
    if action.dest == "recipe":
        return " ".join([*packaged_recipes(), FILES])
    named = registries.get(action.dest) or BY_NAME.get(action.dest)
    return named or (NUMBER if set(alternatives(hint)) <= {int, float, type(None)} else FILES)


def _of_positional(command: str, action: argparse.Action) -> str:
    if listed := choices(hint_of(action)):
        return " ".join(listed)
    if command in OF_DATA and action.dest == "source":
        return DATA
    return " ".join([*_ready_bundles(), FILES]) if action.dest in BUNDLES else FILES


def _ready_bundles() -> list[str]:
    """`ready:NAME` of the bundles that come with the package."""
    return [f"ready:{name}" for name in ready_names()]


def _short(text: str) -> str:
    """The beginning of a help text, on one line."""
    first = " ".join(text.split()).partition(". ")[0].rstrip(".")
    return first if len(first) <= HELP_LENGTH else f"{first[:HELP_LENGTH].rpartition(' ')[0]} ..."
