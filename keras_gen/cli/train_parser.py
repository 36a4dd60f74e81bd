"""The options of `keras-gen train NAME`: those of a run, of the model from its constructor, and of its optimizers."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import jsonargparse

from keras_gen.cli.choices import show_choices
from keras_gen.cli.parser import Parser
from keras_gen.cli.train_options import GROUPS
from keras_gen.data import DATA_HELP
from keras_gen.training.base import BaseModel
from keras_gen.training.optimizers import OptimizerSpec

# Taken from the data and the run, so that they cannot contradict them.
GIVEN_BY_RUN = {"image_shape", "classes", "seed"}
OTHER_NAMES = {"--accumulate": "--micro-batches"}
# What is no name in Python.
RENAMED = {"--start_from": "--from"}


def train_parser(name: str, cls: type[BaseModel]) -> Parser:
    """The parser of a model's options.

    Args:
        name: the model, as it was given.
        cls: its class.
    """
    parser = Parser(f"keras-gen train {name}", description=(cls.__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--recipe", action=jsonargparse.ActionConfigFile, help="YAML file with options, or a recipe of the package."
    )
    _add_groups(parser, {"run": GROUPS["run"], "data": GROUPS["data"]})
    given = GIVEN_BY_RUN | ({cls.spec.stands_on} if cls.spec.stands_on else set())
    parser.add_class_arguments(cls, "model", skip=given, instantiate=False)
    parser.groups["model"].title = "model"  # type: ignore[index]
    for key, default in cls.default_optimizers.items():
        parser.add_class_arguments(OptimizerSpec, key, instantiate=False, default=default)
        parser.groups[key].title = key.replace("_", " ")  # type: ignore[index]
    _add_groups(parser, {title: kind for title, kind in GROUPS.items() if title not in ("run", "data")})
    parser.set_defaults(batch_size=cls.default_batch_size)
    options = parser._option_string_actions
    options["--name"].help = argparse.SUPPRESS  # typed without the option
    options["--data"].help = DATA_HELP
    for option, other in OTHER_NAMES.items():
        options[option].option_strings = [*options[option].option_strings, other]
    for option, other in RENAMED.items():
        options[option].option_strings = [other, option]
    show_choices(parser, cls)
    return parser


def _add_groups(parser: Parser, groups: Mapping[str, type]) -> None:
    for title, kind in groups.items():
        group = parser.add_argument_group(title)
        group.add_class_arguments(kind, as_group=False)
