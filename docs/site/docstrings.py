"""Docstrings for autodoc: code between single backticks, as in Markdown, and everything else as it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sphinx.util import inspect

CODE = re.compile(r"(``?)(?=\S)(.+?)(?<=\S)\1(?!`)", re.DOTALL)
BLOCK = 4
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
    """The text with code as reStructuredText marks it, blocks of code too, and without marks that were none."""
    lines = text.split("\n")
    written: list[str] = []
    start = 0
    for first, last in _blocks(lines):
        written += [_prose("\n".join(lines[start:first])), f"{' ' * (_indent(lines[first]) - BLOCK)}::", ""]
        written += [*lines[first:last], ""]
        start = last
    return "\n".join([*written, _prose("\n".join(lines[start:]))])


def _blocks(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Where lines are code: behind an empty line, and farther right than what is before it."""
    before, end = 0, 0
    for place, line in enumerate(lines):
        if place < end or not line.strip():
            continue
        if place and not lines[place - 1].strip() and _indent(line) >= before + BLOCK:
            inside = (other for other in range(place, len(lines)) if lines[other].strip())
            end = next((other for other in inside if _indent(lines[other]) < _indent(line)), len(lines))
            yield place, end
        else:
            before = _indent(line)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _prose(text: str) -> str:
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
    """For `autodoc-process-signature`: `Annotated[str, PAIRS]` is `str` to a reader, and a class of Keras, whose
    `__new__` takes anything, takes what its constructor does."""
    if what == "class" and signature and signature.startswith("(*args"):
        constructor = inspect.signature(value.__init__, bound_method=True)
        signature = inspect.stringify_signature(constructor, show_return_annotation=False, unqualified_typehints=True)
    shorter = (None if text is None else ANNOTATED.sub(r"\1", text) for text in (signature, returns))
    return tuple(shorter)  # type: ignore[return-value]
