"""`metrics.csv`: one line per epoch."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import keras

from serving.common.files import whole_file


class MetricsFile(keras.callbacks.Callback):
    """Rewrites the whole file after each epoch. A resumed run keeps the lines of earlier epochs.

    Args:
        path: the file.
        first_epoch: number of epochs that are already finished.
    """

    def __init__(self, path: Path, first_epoch: int = 0) -> None:
        super().__init__()
        self.path = path
        self.rows: list[dict[str, Any]] = []
        if path.exists():
            with path.open(newline="") as file:
                self.rows = [row for row in csv.DictReader(file) if int(row["epoch"]) <= first_epoch]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.rows.append({"epoch": epoch + 1, **{key: float(value) for key, value in (logs or {}).items()}})
        columns = list(dict.fromkeys(key for row in self.rows for key in row))
        with whole_file(self.path) as temporary, temporary.open("w", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(self.rows)
