"""What the library says of its work, for the user of a command."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LIBRARY = "serving"


class _Notes(logging.Handler):
    """Keeps lines, or prints them at once in a terminal."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(f"keras-gen: {record.getMessage()}")
        if sys.stderr.isatty():
            self.print()

    def print(self) -> None:
        """Prints what is kept on what `sys.stderr` is now."""
        for line in self.kept:
            print(line, file=sys.stderr)
        self.kept = []


def say_more() -> None:
    """Takes, until the command ends, also what matters only to who looks closer."""
    logging.getLogger(LIBRARY).setLevel(logging.DEBUG)


@contextmanager
def notes() -> Iterator[_Notes]:
    """Takes what `serving` logs, such as which provider runs. It is printed at once in a terminal, and elsewhere when
    the caller says so: where something went wrong, a single line says what."""
    logger, handler = logging.getLogger(LIBRARY), _Notes()
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield handler
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]
