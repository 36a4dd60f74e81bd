"""Tables of what is chosen by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from docs.site.reference.documented import first_line


def table(entries: Mapping[str, Any], title: str = "name") -> str:
    """A row for each entry: its name, and what it is."""
    rows = [f"| `{name}` | {what(entry)} |" for name, entry in entries.items()]
    return "\n".join([f"| {title} | what it is |", "|---|---|", *rows, ""])


def what(entry: Any) -> str:
    """What an entry says of itself: its docstring, or that of the first function that it consists of."""
    if is_dataclass(entry) and not inspect.isclass(entry):
        parts = [getattr(entry, each.name) for each in fields(entry)]
        entry = next(part for part in parts if callable(part))
    return first_line(entry)
