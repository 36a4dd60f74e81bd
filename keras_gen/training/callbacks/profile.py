"""Profiles some training steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf


class Profile(keras.callbacks.Callback):
    """Records a trace of some steps, for TensorBoard's profiler.

    Args:
        folder: TensorBoard's log directory.
        first: first step to record, counted from 1 within this call of `fit`.
        last: last step to record; the trace also ends when training ends.
    """

    def __init__(self, folder: Path, first: int, last: int) -> None:
        super().__init__()
        self.folder = folder
        self.first = first
        self.last = last
        self.step = 0
        self.recording = False

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.step += 1
        if self.step == self.first:
            tf.profiler.experimental.start(str(self.folder))
            self.recording = True

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.step >= self.last:
            self._stop()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._stop()

    def _stop(self) -> None:
        if self.recording:
            tf.profiler.experimental.stop()
            self.recording = False
