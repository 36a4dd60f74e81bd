"""A measured number, with everything that is needed to measure it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One figure of an evaluation.

    Attributes:
        name: the metric.
        value: the number.
        unit: its unit, empty for a share.
        data: the source and split it was measured on.
        count: pictures it was measured on.
        settings: all other settings of the metric, including the seed if it draws random numbers.
    """

    name: str
    value: float
    unit: str
    data: str
    count: int
    settings: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def table(figures: Sequence[Figure]) -> str:
    """Figures as aligned columns of text."""
    rows = [("metric", "value", "unit", "pictures", "data", "settings")]
    for f in figures:
        settings = ", ".join(f"{key}={value}" for key, value in f.settings.items())
        rows.append((f.name, f"{f.value:.4g}", f.unit, f"{f.count:,}", f.data, settings))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines)
