"""A peer in a process of its own, that waits while it is not its turn."""

from __future__ import annotations

import itertools
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
PRECISIONS = ("float32", "bfloat16")


def torch_ways(precisions: Iterable[str] = PRECISIONS) -> list[str]:
    """Every way in which PyTorch runs a network: as it is, channels last, compiled, and both."""
    suffixes = {"float32": "", "bfloat16": ", bfloat16"}
    parts = (("eager", "compiled"), ("", ", channels last"), [suffixes[precision] for precision in precisions])
    return ["".join(words) for words in itertools.product(*parts)]


class Peer:
    """The process: a line in is one round, a line out its end.

    Args:
        python: a Python interpreter that has what the program needs.
        words: the program in `peers`, and its arguments.
        line: what a round is started with.
    """

    def __init__(self, python: str, words: Sequence[str], line: str = "go") -> None:
        self.line = line
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - as long as the process
        self.process = subprocess.Popen(
            [python, str(PEERS / words[0]), *words[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            bufsize=1,
        )

    def __call__(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        try:
            self.process.stdin.write(f"{self.line}\n")
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self._said.seek(0)
            raise SystemExit(f"the peer has ended:\n{self._said.read()[-2000:]}")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
