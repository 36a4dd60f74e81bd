"""What the library says of its work, for the user of a command."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

LIBRARY = "serving"
LOGGERS = (LIBRARY, "keras_gen")


class _Notes(logging.Handler):
    """Keeps lines, or prints them at once in a terminal."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[str] = []
        self.said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        line = f"keras-gen: {record.getMessage()}"
        if line in self.said:
            return
        self.said.add(line)
        self.kept.append(line)
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
    """Takes what the packages log, such as which provider runs, each line once. It is printed at once in a terminal,
    and elsewhere when the caller says so: where something went wrong, a single line says what."""
    handler = _Notes()
    with ExitStack() as stack:
        for name in LOGGERS:
            stack.enter_context(_heard(logging.getLogger(name), handler))
        yield handler


@contextmanager
def _heard(logger: logging.Logger, handler: logging.Handler) -> Iterator[None]:
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]
