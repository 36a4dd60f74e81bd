"""What the numbers of a network's pictures mean, by what is said and by what can be told."""

from __future__ import annotations

from dataclasses import dataclass

from export.foreign.geometry import Geometry
from export.foreign.pictures import Meaning
from export.foreign.said import Pair, Said
from export.foreign.told import Told

DEFAULT: Pair = (-1.0, 1.0)
GREY_LEVELS: Pair = (0.0, 255.0)


@dataclass
class Notes:
    """What was told, and what the user can say instead."""

    notes: list[str]
    options: list[str]

    def add(self, note: str, option: str) -> None:
        """Adds what was told, and the option that says it."""
        self.notes.append(note)
        if option not in self.options:
            self.options.append(option)

    @property
    def line(self) -> str:
        """All of it for the user; empty where nothing was told."""
        if not self.notes:
            return ""
        return f"taken for: {', '.join(self.notes)}; say {' or '.join(self.options)} if not"


def meaning_in(said: Said, taken: Geometry, told: Told, name: str, span: Pair | None, notes: Notes) -> Meaning:
    """Of the pictures that a network takes.

    Args:
        said: what the user says.
        taken: where the pictures' axes are.
        told: the network's graph.
        name: of the input.
        span: what the pictures that it makes lie between; None where that is not known.
        notes: what was told is added.
    """
    if said.range is not None:
        return said.meaning(said.range, taken.channels)
    if said.mean:
        return said.meaning((0.0, 1.0), taken.channels)
    levels = told.takes_levels(name)
    found = GREY_LEVELS if levels else span or DEFAULT
    notes.add(f"pictures in {_text(found)}{' that it divides itself' if levels else ''}", "--range")
    return said.meaning(found, taken.channels)


def meaning_out(
    said: Said, made: Geometry, taken: Meaning | None, span: Pair | None, last: str, notes: Notes
) -> Meaning:
    """Of the pictures that a network makes."""
    given = said.output_range or (said.range if not said.mean else None)
    if given is not None:
        return said.meaning(given, made.channels, mean=False)
    if span is not None:
        notes.add(f"{last.lower()} output in {_text(span)}", "--output-range" if taken else "--range")
        return said.meaning(span, made.channels, mean=False)
    if taken is not None:
        same = taken if len(taken.mean) in (0, 1, made.channels) else said.meaning(DEFAULT, made.channels, mean=False)
        notes.add("output in the range of its input", "--output-range")
        return same
    notes.add(f"pictures in {_text(DEFAULT)}", "--range")
    return said.meaning(DEFAULT, made.channels, mean=False)


def _text(span: Pair) -> str:
    return f"{span[0]:g}..{span[1]:g}"
