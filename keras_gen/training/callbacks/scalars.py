"""Metrics as curves in TensorBoard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

VALIDATION_PREFIX = "val_"


class EpochScalars(keras.callbacks.Callback):
    """Writes every metric once per epoch; training and validation are two runs that TensorBoard shows in one chart.

    `keras.callbacks.TensorBoard` makes a summary of each metric at each step even when asked for epochs, which
    costs 0.5 ms a step, and needs a model with one optimizer.

    Args:
        folder: TensorBoard's log directory; gets `train` and `validation`.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.writers: dict[str, tf.summary.SummaryWriter] = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        for key, value in (logs or {}).items():
            name = key.removeprefix(VALIDATION_PREFIX)
            with self._writer("train" if name == key else "validation").as_default():
                tf.summary.scalar(name, value, step=epoch + 1)
        for writer in self.writers.values():
            writer.flush()

    def _writer(self, run: str) -> tf.summary.SummaryWriter:
        if run not in self.writers:
            self.writers[run] = tf.summary.create_file_writer(str(self.folder / run))
        return self.writers[run]
