"""What stands behind the path of a picture route, or in a form: checked, with a plain sentence for what is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from serving.common.errors import nearest, shown
from serving.server.refusals import Reason, RefusedError

_INTEGER = re.compile(r"[+-]?\d{1,20}")


class Parameters:
    """Some texts by name.

    Args:
        given: name -> text.
        known: names that the route takes.

    Raises:
        RefusedError: INVALID for other names: nobody is given what was not asked for.
    """

    def __init__(self, given: Mapping[str, str], known: Sequence[str]) -> None:
        self._given = given
        for name in given:
            if name not in known:
                these = f"among {', '.join(known)}" if known else "left out"
                raise _invalid(f"parameters must be {these}. Received: {shown(name)}.{nearest(name, known)}")

    def text(self, name: str) -> str | None:
        """A text; None where it is missing or empty."""
        return self._given.get(name) or None

    def choice(self, name: str, choices: Sequence[str]) -> str | None:
        """One of some texts."""
        text = self.text(name)
        if text is not None and text not in choices:
            raise _invalid(f"`{name}` must be one of {', '.join(choices)}. Received: {shown(text)}.")
        return text

    def integer(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number of a range."""
        text = self.text(name)
        if text is None:
            return default
        number = int(text) if _INTEGER.fullmatch(text) and text.isascii() else None
        if number is None or not least <= number <= most:
            raise _invalid(f"`{name}` must be an integer from {least} to {most}. Received: {shown(text)}.")
        return number

    def number(self, name: str) -> float | None:
        """A number above 0."""
        text = self.text(name)
        if text is None:
            return None
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not number > 0:
            raise _invalid(f"`{name}` must be a number above 0. Received: {shown(text)}.")
        return number


def _invalid(message: str) -> RefusedError:
    return RefusedError(Reason.INVALID, message)
