"""Shells as somebody types into them: lines go to a terminal, and what stands for `keras-gen` says what it got."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

# `keras-gen` prints its words, so that what a shell made of a line can be read.
SAYS = """printf '<%s>' "$@"; echo '<end>'"""
STARTS = {"bash": ("--norc", "--noprofile", "-i"), "zsh": ("-f", "-i")}
# `ls` is called by fish itself.
PROGRAMS = ("awk", "cat", "ls")
SECONDS = 30.0
# Behind the key that completes; nothing says that a shell has done what it asks for.
PAUSE = 0.1


def is_there(shell: str) -> bool:
    """Whether a shell can be started."""
    return shutil.which(shell) is not None


def completed(shell: str, script: Path, typed: Sequence[str], folder: Path) -> dict[str, list[str]]:
    """The words that `keras-gen` gets where the key that completes was pressed behind the beginning of a line, then the
    one that ends a line.

    Args:
        shell: `bash`, `zsh` or `fish`.
        script: what completes in it.
        typed: beginnings of lines.
        folder: where the shell is. In its `bin` the few programs that a completion may start.
    """
    if shell == "fish":
        return {line: _in_fish(script, line, folder) for line in typed}
    terminal = _Terminal(shell, script, folder)
    try:
        return {line: terminal.words_of(line) for line in typed}
    finally:
        terminal.close()


def _in_fish(script: Path, typed: str, folder: Path) -> list[str]:
    """The same: fish says what it would complete without a terminal, which it does not take from a test."""
    done = subprocess.run(
        [shutil.which("fish") or "fish", "--no-config", "-c", f"source {script}; complete -C {shlex.quote(typed)}"],
        cwd=folder,
        env=_environment(folder),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    (found,) = (line.partition("\t")[0] for line in done.stdout.splitlines())
    return [*typed.split()[1:-1], found]


class _Terminal:
    def __init__(self, shell: str, script: Path, folder: Path) -> None:
        self._reader, other = pty.openpty()
        self._process = subprocess.Popen(
            [shutil.which(shell) or shell, *STARTS[shell]],
            stdin=other,
            stdout=other,
            stderr=other,
            cwd=folder,
            env=_environment(folder),
            start_new_session=True,
        )
        os.close(other)
        self._seen = ""
        for line in _preparation(shell, script):
            self._send(f"{line}\n")
        self._send("echo rea''dy\n")
        self._wait_for("ready")

    def words_of(self, typed: str) -> list[str]:
        self._seen = ""
        self._send(f"{typed}\t")
        time.sleep(PAUSE)
        self._send("\n")
        return re.findall(r"<([^<>]*)>", self._wait_for(r"((?:<[^<>]*>)+)<end>"))

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._reader)

    def _send(self, text: str) -> None:
        os.write(self._reader, text.encode())

    def _wait_for(self, wanted: str) -> str:
        until = time.monotonic() + SECONDS
        while (found := re.search(wanted, self._seen)) is None:
            if not select.select([self._reader], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError(f"{wanted} must be printed. Received: {self._seen!r}")
            self._seen += os.read(self._reader, 4096).decode(errors="replace")
        return found[found.re.groups and 1]


def _preparation(shell: str, script: Path) -> list[str]:
    """Lines that load a script, in zsh as its manual says, from a folder of functions."""
    by_name = [f"fpath=({script.parent} $fpath)", "autoload -Uz compinit && compinit -u -D"]
    loading = by_name if shell == "zsh" else [f"source {script}"]
    return [*loading, f"function keras-gen {{ {SAYS}; }}"]


def _environment(folder: Path) -> dict[str, str]:
    """With the programs that a completion may start on the path, and no other: no Python."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    for name in PROGRAMS:
        if not (programs / name).exists() and (found := shutil.which(name)):
            (programs / name).symlink_to(found)
    return {"PATH": str(programs), "HOME": str(folder), "TERM": "dumb", "INPUTRC": os.devnull}
