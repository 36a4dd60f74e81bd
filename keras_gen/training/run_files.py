"""The names of what is in a run directory, and how its lines of figures are read. Without TensorFlow."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CONFIG, METRICS, SAMPLES, MODEL = "config.yaml", "metrics.csv", "samples", "model.keras"
PROGRESS, TRACKERS = "progress.json", "trackers.json"
EPOCH = "epoch"
# What `progress.json` says of a run that is not being trained any more.
FINISHED, STOPPED = "finished", "stopped"


def picture_name(epoch: int) -> str:
    """The file of an epoch's grid of pictures, counted from 1, in the folder of samples."""
    return f"epoch_{epoch:04d}.png"


def read_metrics(path: Path) -> list[dict[str, float]]:
    """The lines of a `metrics.csv`, each with its `epoch`; none where there is no file.

    A figure that an epoch does not have is missing in its line. Lines that are damaged, as the last one of a file that
    is being copied, are left out.
    """
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        lines = csv.reader(line.replace("\0", "") for line in file)
        columns = next(lines, [])
        rows = [_numbers(columns, line) for line in lines]
    return [row for row in rows if EPOCH in row]


def _numbers(columns: list[str], line: list[str]) -> dict[str, float]:
    """The figures of a line; none of one that is damaged."""
    if len(line) != len(columns):
        return {}
    try:
        row = {name: float(text) for name, text in zip(columns, line, strict=True) if text}
    except ValueError:
        return {}
    return row if row.get(EPOCH, 0.5).is_integer() else {}


def flatten(config: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The options of a configuration, with dots in the names of those in groups."""
    for key, value in config.items():
        if isinstance(value, dict) and value:
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, list(value) if isinstance(value, tuple) else value
