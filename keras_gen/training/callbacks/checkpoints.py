"""Checkpoints that a run continues from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keras

from serving.files import whole_file

FILE_NAME = re.compile(r"epoch_(\d+)\.keras")


class EpochCheckpoints(keras.callbacks.Callback):
    """Saves the whole model: networks, averages, every optimizer's state, the step.

    Args:
        folder: gets `epoch_0001.keras` and so on, numbered by finished epochs.
        every: epochs between two checkpoints; the last epoch is always saved.
        keep: how many of the newest stay.
    """

    def __init__(self, folder: Path, every: int = 1, keep: int = 2) -> None:
        super().__init__()
        self.folder = folder
        self.every = every
        self.keep = keep

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        finished = epoch + 1
        if finished % self.every == 0 or finished == self.params["epochs"]:
            with whole_file(self.folder / f"epoch_{finished:04d}.keras") as temporary:
                self.model.save(temporary)
            for old in list_checkpoints(self.folder)[: -self.keep]:
                old.unlink()


def list_checkpoints(folder: Path) -> list[Path]:
    """Checkpoints in a folder, oldest first."""
    found = [path for path in folder.glob("epoch_*.keras") if FILE_NAME.fullmatch(path.name)]
    return sorted(found, key=finished_epochs)


def finished_epochs(checkpoint: Path) -> int:
    """How many epochs had ended when a checkpoint was written."""
    match = FILE_NAME.fullmatch(checkpoint.name)
    assert match is not None, checkpoint
    return int(match.group(1))
