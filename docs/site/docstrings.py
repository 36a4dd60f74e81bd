"""Docstrings for autodoc: code between single backticks, as in Markdown, and everything else as it is written."""

from __future__ import annotations

import re
from typing import Any

CODE = re.compile(r"(``?)(?=\S)(.+?)(?<=\S)\1(?!`)", re.DOTALL)
# What reStructuredText would take for marks of its own.
MARKS = re.compile(r"([*|\\]|(?<=\w)_(?!\w))")
ANNOTATED = re.compile(r"~?(?:typing\.)?Annotated\[(.*?), <[^>]*>(?:, <[^>]*>)*\]")


def as_restructured(app: Any, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """For `autodoc-process-docstring`: the lines of a docstring in reStructuredText."""
    lines[:] = restructured("\n".join(lines)).split("\n")
    if what in ("property", "attribute") and ":" in lines[0]:
        # Napoleon takes what stands before the first colon for a type: here there is none.
        lines[0] = f": {lines[0]}"


def is_left_out(app: Any, what: str, name: str, value: Any, skip: bool, options: Any) -> bool | None:
    """For `autodoc-skip-member`: the fields of a named tuple, which its class describes."""
    return True if (getattr(value, "__doc__", None) or "").startswith("Alias for field number") else None


def restructured(text: str) -> str:
    """The text with code as reStructuredText marks it, and without marks that were none."""
    pieces = []
    end = 0
    for match in CODE.finditer(text):
        pieces += [MARKS.sub(r"\\\1", text[end : match.start()]), f"``{' '.join(match[2].split())}``"]
        if text[match.end() : match.end() + 1].isalnum():
            pieces.append("\\ ")
        end = match.end()
    return "".join([*pieces, MARKS.sub(r"\\\1", text[end:])])


def without_registries(
    app: Any, what: str, name: str, value: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """For `autodoc-process-signature`: `Annotated[str, PAIRS]` is `str` to a reader."""
    shorter = (None if text is None else ANNOTATED.sub(r"\1", text) for text in (signature, returns))
    return tuple(shorter)  # type: ignore[return-value]
