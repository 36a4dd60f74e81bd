"""The best model of a run, by a figure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import keras

from serving.errors import InputError, require_among
from serving.files import whole_file

Mode = Literal["min", "max"]


class BestModel(keras.callbacks.Callback):
    """Saves the whole model whenever a figure of an epoch is better than ever.

    Epoch and value stand beside it in a file of JSON, which a continued run goes on from.

    Args:
        path: the model's file, `.keras`; the other has the same name and ends in `.json`.
        figure: name in `logs`, as in `val_loss`.
        mode: `min` or `max`, which of two values is better. What is not a number is never better.
        names: all that `logs` will hold, where known: then another figure is refused at once, and an epoch may lack
            it; otherwise the first epoch without it ends the training.
        record: the JSON of what was best before; beside the model's file by default.

    Raises:
        InputError: an unknown figure or mode, or a file of JSON that this did not write.
    """

    def __init__(
        self, path: Path, figure: str, mode: Mode = "min", names: Sequence[str] = (), record: Path | None = None
    ) -> None:
        super().__init__()
        require_among(("min", "max"), best_mode=mode)
        if names:
            require_among(names, best=figure)
        self.path = path
        self.record = path.with_suffix(".json")
        self.figure = figure
        self.mode = mode
        self.occasional = bool(names)
        self.value = self._kept(record or self.record)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        logs = logs or {}
        if self.figure not in logs:
            if not self.occasional:
                require_among(tuple(logs), best=self.figure)
            return
        value = float(logs[self.figure])
        if value < self.value if self.mode == "min" else value > self.value:
            self.value = value
            with whole_file(self.path) as temporary:
                self.model.save(temporary)
            content = {"figure": self.figure, "mode": self.mode, "epoch": epoch + 1, "value": value}
            with whole_file(self.record) as temporary:
                temporary.write_text(json.dumps(content) + "\n", encoding="utf-8")

    def _kept(self, record: Path) -> float:
        """The best value so far, of this figure; the worst of all where there is none."""
        worst = float("inf") if self.mode == "min" else float("-inf")
        if not record.is_file():
            return worst
        try:
            content = json.loads(record.read_text(encoding="utf-8"))
            same = (content["figure"], content["mode"]) == (self.figure, self.mode)
            return float(content["value"]) if same else worst
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{record} must hold figure, mode, epoch and value; delete it to begin anew. Received: "
                f"{' '.join(str(error).split())}"
            ) from error
