"""The best model of a run, by a figure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import keras

from serving.common.errors import InputError, require_among, require_at_least
from serving.common.files import whole_file

Mode = Literal["min", "max"]


class BestModel(keras.callbacks.Callback):
    """Saves the whole model whenever a figure of an epoch is better than ever, and may end training when none is.

    Epoch and value stand beside it in a file of JSON, which a continued run goes on from.

    Args:
        path: the model's file, `.keras`; the other has the same name and ends in `.json`.
        figure: name in `logs`, as in `val_loss`.
        mode: `min` or `max`, which of two values is better. What is not a number is never better.
        names: all that `logs` will hold, where known: then another figure is refused at once, and an epoch may lack
            it; otherwise the first epoch without it ends the training.
        record: the JSON of what was best before; beside the model's file by default.
        patience: epochs without a better one after which training ends; None for no such end.

    Raises:
        InputError: an unknown figure or mode, or a file of JSON that this did not write.
    """

    def __init__(
        self,
        path: Path,
        figure: str,
        mode: Mode = "min",
        names: Sequence[str] = (),
        record: Path | None = None,
        patience: int | None = None,
    ) -> None:
        super().__init__()
        require_among(("min", "max"), best_mode=mode)
        if names:
            require_among(names, best=figure)
        require_at_least(1, patience=1 if patience is None else patience)
        self.path = path
        self.record = path.with_suffix(".json")
        self.figure = figure
        self.mode = mode
        self.occasional = bool(names)
        self.patience = patience
        self.value, self.epoch = self._kept(record or self.record)

    def exhausted(self, finished: int) -> bool:
        """Whether the patience is at its end after so many epochs."""
        waited = 0 if self.epoch is None else finished - self.epoch
        return self.patience is not None and waited >= self.patience

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        # Where nothing was best before, the waiting begins here.
        self.epoch = epoch if self.epoch is None else self.epoch

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._compare(epoch, logs or {})
        if self.exhausted(epoch + 1):
            self.model.stop_training = True

    def _compare(self, epoch: int, logs: dict[str, Any]) -> None:
        if self.figure not in logs:
            if not self.occasional:
                require_among(tuple(logs), best=self.figure)
            return
        value = float(logs[self.figure])
        if value < self.value if self.mode == "min" else value > self.value:
            self.value, self.epoch = value, epoch + 1
            with whole_file(self.path) as temporary:
                self.model.save(temporary)
            content = {"figure": self.figure, "mode": self.mode, "epoch": epoch + 1, "value": value}
            with whole_file(self.record) as temporary:
                temporary.write_text(json.dumps(content) + "\n", encoding="utf-8")

    def _kept(self, record: Path) -> tuple[float, int | None]:
        """The best value so far, of this figure, and its epoch; the worst of all and None where there is none."""
        worst = (float("inf") if self.mode == "min" else float("-inf")), None
        if not record.is_file():
            return worst
        try:
            content = json.loads(record.read_text(encoding="utf-8"))
            same = (content["figure"], content["mode"]) == (self.figure, self.mode)
            return (float(content["value"]), int(content["epoch"])) if same else worst
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{record} must hold figure, mode, epoch and value; delete it to begin anew. Received: "
                f"{' '.join(str(error).split())}"
            ) from error
