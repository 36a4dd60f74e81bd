"""What commands end with, for who calls them in a script."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended. `meaning` says it in words."""

    meaning: str

    def __new__(cls, number: int, meaning: str) -> ExitCode:
        code = int.__new__(cls, number)
        code._value_ = number
        code.meaning = meaning
        return code

    DONE = 0, "everything was done"
    FAILED = (
        1,
        "the work itself failed: a loss that is not finite, an export that differs from Keras, some pictures of a "
        "folder that cannot be read, a file that cannot be written, a hub that cannot be reached",
    )
    MISTAKE = 2, "a mistake in what was asked for: one line says what was expected and what was received"
    INTERRUPTED = 130, "stopped from the keyboard (Ctrl-C); the same command again resumes a training"
