"""Keeps the best model of a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import keras

from keras_gen.training.option_values import Better
from serving.common.errors import InputError, require_among, require_at_least
from serving.common.files import whole_file


class BestModel(keras.callbacks.Callback):
    """Saves the whole model whenever a figure improves, and can stop training when it no longer does.

    The epoch and the value are written to a JSON file beside the model, which a resumed run reads.

    Args:
        path: file of the model, `.keras`; the JSON file has the same name and the suffix `.json`.
        figure: name in `logs`, as in `val_loss`.
        mode: `min` or `max`, which of two values is better; NaN never is.
        names: all names that `logs` will hold, if they are known. Then an unknown figure is refused at once, and an
            epoch without the figure is skipped; otherwise the first epoch without it raises an error.
        record: JSON file with the best value so far; the one beside the model's file by default.
        patience: number of epochs without improvement after which training stops; None never stops it.

    Raises:
        InputError: an unknown figure or mode, or a JSON file that this callback did not write.
    """

    def __init__(
        self,
        path: Path,
        figure: str,
        mode: Better = "min",
        names: Sequence[str] = (),
        record: Path | None = None,
        patience: int | None = None,
    ) -> None:
        super().__init__()
        require_among(get_args(Better), best_mode=mode)
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
        """Whether training would stop after this number of epochs."""
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
        """The best value of this figure so far and its epoch; the worst possible value and None if there is none."""
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
