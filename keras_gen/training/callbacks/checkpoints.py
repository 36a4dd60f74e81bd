"""Checkpoints that a run is resumed from."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import keras

from keras_gen.training.position import BEGINNING, Position
from serving.common.files import whole_file

FILE_NAME = re.compile(r"epoch_(\d+)(?:_step_(\d+))?\.keras")


class Checkpoints(keras.callbacks.Callback):
    """Saves the whole model: networks, averages, optimizers, the step and the metrics of the epoch so far.

    If a checkpoint cannot be written, for example on a full disk, a line says so and training continues.

    Args:
        folder: gets `epoch_0001.keras` after the first epoch, `epoch_0001_step_000200.keras` after 200 steps more.
        every: epochs between two checkpoints; the last epoch is always saved.
        steps: steps between two checkpoints within an epoch; None for none.
        minutes: minutes between two checkpoints within an epoch; None for none.
        keep: how many of the newest checkpoints to keep.
        position: epoch and step at which training begins.
    """

    def __init__(
        self,
        folder: Path,
        every: int = 1,
        steps: int | None = None,
        minutes: float | None = None,
        keep: int = 2,
        position: Position = BEGINNING,
    ) -> None:
        super().__init__()
        self.folder = folder
        self.every = every
        self.steps = steps
        self.minutes = minutes
        self.keep = keep
        self.position = position
        self.before = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.saved = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.before = self.position.steps_before(epoch)
        self.epoch = epoch
        self.last = self.before

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        done = self.before + batch + 1
        due = self.steps is not None and done // self.steps > self.last // self.steps
        self.last = done
        if due or (self.minutes is not None and time.monotonic() - self.saved >= 60 * self.minutes):
            self._save(f"epoch_{self.epoch:04d}_step_{done:06d}.keras")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        finished = epoch + 1
        if finished % self.every == 0 or finished == self.params["epochs"]:
            self._save(f"epoch_{finished:04d}.keras")

    def _save(self, name: str) -> None:
        try:
            with whole_file(self.folder / name) as temporary:
                self.model.save(temporary)
        except OSError as error:
            print(f"{self.folder / name} could not be saved: {error.strerror or error}. Training goes on.", flush=True)
            return
        self.saved = time.monotonic()
        for old in list_checkpoints(self.folder)[: -self.keep]:
            old.unlink()


def list_checkpoints(folder: Path) -> list[Path]:
    """Checkpoints in a folder, oldest first."""
    found = [path for path in folder.glob("epoch_*.keras") if FILE_NAME.fullmatch(path.name)]
    return sorted(found, key=position_of)


def position_of(checkpoint: Path) -> Position:
    """Epoch and step at which a checkpoint was written."""
    match = FILE_NAME.fullmatch(checkpoint.name)
    assert match is not None, checkpoint
    return Position(int(match[1]), int(match[2] or 0))
