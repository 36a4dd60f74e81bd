"""The error for every mistake of a user, and the checks that raise it most often."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral


class InputError(ValueError):
    """A mistake in what the caller gave: an option, a file, an array.

    The message is one line that says what was expected and what was received. The command line prints it and ends
    with exit code 2. Any other exception that reaches the user is a bug in keras-gen.
    """


def require_at_least(least: float, **values: float) -> None:
    """Raises InputError for the first value that is below `least` or not a number, and names it."""
    for name, value in values.items():
        if not value >= least:
            raise InputError(f"`{name}` must be at least {least}. Received: {value}.")


def require_integer(least: int, most: int | None = None, **values: object) -> None:
    """Raises InputError for the first value that is no integer from `least` to `most`, and names it.

    NumPy's integers are integers; True, 2.0 and None are not.
    """
    for name, value in values.items():
        if not isinstance(value, Integral) or isinstance(value, bool) or int(value) < least:
            raise InputError(f"`{name}` must be an integer of at least {least}. Received: {shown(value)}.")
        if most is not None and int(value) > most:
            raise InputError(f"`{name}` must be an integer of at most {most}. Received: {shown(value)}.")


def shown(value: object) -> str:
    """A value as messages show it: text in quotes, anything else as it prints, on one line and cut off where long."""
    return " ".join((repr(value) if isinstance(value, str) else str(value)).split())[:80]


def require_among(choices: Sequence[str], **values: object) -> None:
    """Raises InputError for the first value that is not one of `choices`, and names it."""
    for name, value in values.items():
        if value not in choices:
            raise InputError(
                f"`{name}` must be one of {', '.join(choices)}. Received: {value!r}.{nearest(str(value), choices)}"
            )


def nearest(word: str, choices: Sequence[str]) -> str:
    """`" Did you mean 'x'?"` for the choice closest to `word`, or the empty string if none is close."""
    import difflib

    close = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""
