"""`keras-gen completion SHELL`: the script that lets a shell complete commands, options and names.

The script knows everything that can be typed, so that no Python starts while somebody types. shtab, which jsonargparse
brings, writes such scripts too, but not for fish; argcomplete starts Python, and for the options of a model TensorFlow,
at every press of the key.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from keras_gen.cli.parser import Parser
from keras_gen.cli.quiet import quiet_import

SCRIPTS = Path(__file__).parent / "shells"
Shell = Literal["bash", "zsh", "fish"]


def run(words: Sequence[str]) -> int:
    """Prints the script of a shell."""
    parser = Parser("keras-gen completion", description="Print the script that completes commands in a shell.")
    parser.add_argument("shell", type=Shell, help="bash, zsh or fish; docs/command_line.md says where its script goes.")
    options = parser.parse_args(words)
    _import_tensorflow()
    from keras_gen.cli.completion_table import table

    print(script(options.shell, table()), end="")
    return 0


def _import_tensorflow() -> None:
    """TensorFlow, for the options of models; an installation for serving has none, and needs none of them."""
    try:
        quiet_import()
    except ModuleNotFoundError as error:
        if error.name not in ("tensorflow", "keras"):
            raise


def script(shell: str, lines: Sequence[str]) -> str:
    """The script of a shell, with the lines of `completion_table.table` in it."""
    awk = "".join(line for line in (SCRIPTS / "complete.awk").read_text().splitlines(True) if not line.startswith("#"))
    written = "\n".join(lines)
    if shell == "fish":
        awk, written = (text.replace("\\", "\\\\").replace("'", "\\'") for text in (awk, written))
    return (SCRIPTS / shell).read_text().replace("@AWK@", awk).replace("@TABLE@", written)
