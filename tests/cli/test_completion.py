"""`keras-gen completion`: what its scripts complete in each shell, without Python."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import get_args

import pytest

from keras_gen.cli.completion import SCRIPTS, Shell
from keras_gen.cli.completion_table import parser_of, table
from keras_gen.cli.main import COMMANDS
from keras_gen.models import model_names
from tests.cli.shells import completed, is_there
from tests.serving.languages.required import required

pytestmark = pytest.mark.skipif(shutil.which("awk") is None, reason="awk is not installed")
SHELLS = get_args(Shell)
# What scripts are called where shells look for them.
NAMES = {"bash": "keras-gen", "zsh": "_keras-gen", "fish": "keras-gen.fish"}
# What is typed, and the words that come of it.
TYPED = {
    "keras-gen sam": ["sample"],
    "keras-gen sample ready:dig": ["sample", "ready:digits"],
    "keras-gen sample ready:digits --provider open": ["sample", "ready:digits", "--provider", "openvino"],
    "keras-gen sample ready:digits --provider=open": ["sample", "ready:digits", "--provider=openvino"],
    "keras-gen train vae --model.likelihood disc": ["train", "vae", "--model.likelihood", "discretized_logistic"],
    "keras-gen train --recipe vae_dig": ["train", "--recipe", "vae_digits"],
    "keras-gen train --recipe vae_digits --model.bet": ["train", "--recipe", "vae_digits", "--model.beta"],
    "keras-gen train my:Model --epo": ["train", "my:Model", "--epochs"],
    "keras-gen train gan --no-mirr": ["train", "gan", "--no-mirror"],
    "keras-gen train gan --data fold": ["train", "gan", "--data", "folder:"],
    "keras-gen train gan --data stacked:dig": ["train", "gan", "--data", "stacked:digits"],
    "keras-gen launch --workers 2 -- train vae_g": ["launch", "--workers", "2", "--", "train", "vae_gan"],
    "keras-gen train vae --log wan": ["train", "vae", "--log", "wandb"],
    "keras-gen evaluate x --metrics frechet ker": ["evaluate", "x", "--metrics", "frechet", "kernel"],
    "keras-gen completion fi": ["completion", "fish"],
    "keras-gen --version --": ["--version", "--verbose"],
    "keras-gen info tw": ["info", "two words"],
    "keras-gen train gan --data folder:tw": ["train", "gan", "--data", "folder:two words"],
}


@pytest.fixture(scope="module")
def lines():
    return table()


@pytest.fixture(scope="module")
def folder(tmp_path_factory, lines):
    """A folder with a script for each shell, and a folder with a space in its name."""
    from keras_gen.cli.completion import script

    place = tmp_path_factory.mktemp("shells")
    (place / "two words").mkdir()
    for shell in SHELLS:
        (place / NAMES[shell]).write_text(script(shell, lines))
    return place


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_completes(shell, folder):
    required(None if is_there(shell) else f"{shell} is not installed")
    found = completed(shell, folder / NAMES[shell], list(TYPED), folder)
    # bash and fish put the end of a folder's name behind it.
    assert {typed: [word.removesuffix("/") for word in words] for typed, words in found.items()} == TYPED


def answers(lines, *words):
    """What the program in all scripts offers for the words behind `keras-gen`, without what it says of them."""
    program = (SCRIPTS / "complete.awk").read_text()
    done = subprocess.run(
        ["awk", "--", program, *words], input="\n".join(lines), capture_output=True, text=True, check=True
    )
    return [line.partition("\t")[0] for line in done.stdout.splitlines()]


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - {"train"}))
def test_every_option_of_help_is_offered(lines, command):
    shown = re.findall(r"(?<![\w-])--[a-z][\w.-]*", options_of(parser_of(command).format_help()))
    assert set(shown) == set(answers(lines, command, "--"))


@pytest.mark.parametrize("model", ["vae", "cyclegan"])
def test_every_option_of_a_model_is_offered_with_it(lines, model):
    shown = re.findall(r"(?<![\w-])--[a-z][\w.-]*", options_of(parser_of("train", model).format_help()))
    assert set(shown) == set(answers(lines, "train", model, "--"))


def options_of(text):
    """Where help lists options: what an option is for is behind two spaces, or on lines that stand further in."""
    starts = re.findall(r"^ {2,4}(-.*)$", text, re.MULTILINE)
    return "\n".join(line.partition("  ")[0] for line in starts)


def test_commands_and_models_are_offered(lines):
    assert answers(lines, "") == list(COMMANDS)
    assert answers(lines, "train", "") == model_names()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        # A number, and what somebody calls a new file: the one is not known, the other may be there already.
        (["train", "gan", "--epochs", ""], []),
        (["sample", "ready:digits", "--out", ""], [":files"]),
        # Dashes and underscores are the same.
        (["sample", "ready:digits", "--image_size=", "--provider", "open"], ["openvino"]),
        (["data", "usps:"], [":files"]),
        (["nothing", "--o"], []),
    ],
)
def test_other_places(lines, words, offered):
    assert [word for word in answers(lines, *words) if word != "--help"] == offered


def test_a_script_is_what_the_command_prints(run, lines):
    code, out, err = run("completion", "zsh")
    assert (code, err) == (0, "")
    assert out.startswith("#compdef keras-gen\n")
    assert "\n".join(lines) in out


def test_another_shell_is_one_line(refused):
    assert "one of bash, zsh, fish. Received: tcsh." in refused("completion", "tcsh")
