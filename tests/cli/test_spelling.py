"""Options as people type them, and what `--help` says of them."""

from __future__ import annotations

import importlib
import re
from typing import Literal

import pytest

from keras_gen.cli import main
from keras_gen.cli.main import COMMANDS
from keras_gen.cli.parser import Parser
from serving import InputError


@pytest.fixture
def parse():
    parser = Parser("keras-gen thing", description="Do a thing.")
    parser.add_argument("place", type=str, help="a place.")
    parser.add_argument("--image_size", type=int | None, default=None, help="side.")
    parser.add_argument("--group.learning_rate", type=float, default=0.1, help="rate.")
    parser.add_argument("--mirror_it", type=bool, default=False, help="mirror.")
    parser.add_argument("--group.some_flag", type=bool, default=True, help="flag.")
    parser.add_argument("--alarms", type=bool | None, default=None, help="alarms.")
    parser.add_argument("--path", type=Literal["linear", "spherical"] | None, default=None, help="path.")
    return lambda line: parser.parse_args(line.split())


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("a --image-size 3", "image_size", 3),
        ("a --image_size 3", "image_size", 3),
        ("a --image-size=3", "image_size", 3),
        ("a --image_size=3", "image_size", 3),
        ("a --image-size -3", "image_size", -3),
        ("a --group.learning-rate 2", "group.learning_rate", 2.0),
        ("a --group.learning_rate=2", "group.learning_rate", 2.0),
        ("a --mirror-it", "mirror_it", True),
        ("--mirror_it a", "mirror_it", True),
        ("--mirror-it --image-size 3 a", "mirror_it", True),
        ("a --mirror_it true", "mirror_it", True),
        ("a --mirror-it False", "mirror_it", False),
        ("a --mirror-it --no-mirror-it", "mirror_it", False),
        ("a --group.no-some-flag", "group.some_flag", False),
        ("a --group.no_some_flag", "group.some_flag", False),
        ("a --group.some-flag=false", "group.some_flag", False),
        ("a --alarms", "alarms", True),
        ("a --no-alarms", "alarms", False),
        ("a --alarms --alarms null", "alarms", None),
        ("--mirror-it -- true", "place", "true"),
        ("--mirror-it true true", "place", "true"),
    ],
)
def test_ways_to_type_an_option(parse, line, key, value):
    options = parse(line)
    assert options[key] == value
    assert options.place in ("a", "true")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a --mirror-it -1", "unrecognized arguments: -1"),
        ("a --mirror-it maybe", "unrecognized arguments: maybe"),
        ("a --mirror-it=maybe", "--mirror-it must be true or false. Received: maybe."),
        ("a --no-mirror-it=false", "--no-mirror-it must be given without a value. Received: false."),
        ("a --no-mirror-it true", "--no-mirror-it must be given without a value. Received: true."),
        ("a --no-image-size", "keras-gen thing has no option --no-image-size. Did you mean '--image-size'?"),
        ("a --image_siz 3", "keras-gen thing has no option --image_siz. Did you mean '--image-size'?"),
        ("a --image_size", "--image-size: expected one argument"),
        ("a --image_size x", "--image-size must be int or null. Received: x."),
        ("a --path linea", "--path must be one of linear, spherical or null. Received: linea. Did you mean 'linear'?"),
        ("--mirror-it", "keras-gen thing needs place."),
    ],
)
def test_mistakes_name_the_option_with_dashes(parse, line, message):
    with pytest.raises(InputError) as mistake:
        parse(line)
    assert message in str(mistake.value)


def test_other_names_of_micro_batches_and_mixed_spellings(refused, tmp_path):
    words = ["train", "gan", "--data", "digits", "--out", tmp_path / "run", "--generator_optimizer.learning-rate", "1"]
    line = refused(*words, "--micro-batches", "3")
    assert "--batch-size must be a multiple of 3, for 1 replicas, --accumulate 3" in line


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_of_every_command_has_dashes_and_whole_sentences(name, capsys):
    words = ["train", "vae_gan", "--help"] if name == "train" else [name, "--help"]
    with pytest.raises(SystemExit, match="0"):
        main(words)
    out = capsys.readouterr().out
    typed = " ".join(words[:2]) if name == "train" else name
    assert out.startswith(f"usage: keras-gen {typed} ")
    assert not re.search(r"^ +--?\S*_", out, re.MULTILINE)
    assert importlib.import_module(f"keras_gen.cli.{name.replace('-', '_')}").__doc__


def test_options_of_training_are_grouped(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["train", "gan", "--help"])
    out = capsys.readouterr().out
    titles = re.findall(r"^([a-z ]+):$", out, re.MULTILINE)
    optimizers = ["generator optimizer", "discriminator optimizer"]
    assert titles == ["options", "run", "data", "model", *optimizers, "execution", "checkpoints", "watching"]
    assert "--mirror, --no-mirror" in out


def test_commands_are_grouped_by_what_they_are_for(capsys):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert re.findall(r"^([a-z ]+):$", out, re.MULTILINE) == [
        "train",
        "export",
        "sample",
        "serve",
        "look into",
        "measure",
        "set up",
    ]
    assert re.findall(r"^  ([\w-]+) ", out, re.MULTILINE) == list(COMMANDS)
