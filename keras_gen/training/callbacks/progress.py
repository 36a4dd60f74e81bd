"""`progress.json`: how far a training is, for whoever watches it from outside."""

from __future__ import annotations

import json
import math
import os
import socket
import time
from pathlib import Path
from typing import Any

import keras

from keras_gen.training.callbacks.ending import Ending
from keras_gen.training.position import BEGINNING, Position
from keras_gen.training.run_files import FINISHED, STOPPED
from serving.common.files import remove_leftovers, whole_file

TRAINING = "training"


class Progress(keras.callbacks.Callback, Ending):
    """Rewrites the file about once a second while steps are computed, after each epoch and at the end.

    It holds `state`, `reason` (why a training stopped), finished epochs `epoch` of `epochs`, finished steps `step` of
    `steps` in the next epoch with its `figures` so far, `trained` steps in `seconds` of this call, `process` and
    `host`, and when it was written, `updated`, in seconds since 1970. If it cannot be written, a line says so and
    training continues.

    Args:
        path: the file.
        steps: of an epoch.
        position: epoch and step at which training begins.
        pause: seconds between two writings within an epoch.
    """

    def __init__(self, path: Path, steps: int, position: Position = BEGINNING, pause: float = 1.0) -> None:
        super().__init__()
        self.path = path
        self.steps = steps
        self.position = position
        self.pause = pause
        self.state, self.reason = TRAINING, ""
        self.epoch, self.step = position
        self.figures: dict[str, float] = {}
        self.epochs = 0
        self.began = self.written = 0.0
        self.failed = False

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.epochs = self.params["epochs"]
        # Of a training that was killed while it wrote.
        remove_leftovers([self.path])
        self.began = self.began or time.monotonic()
        self._write()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epoch, self.step, self.figures = epoch, self.position.steps_before(epoch), {}

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if time.monotonic() - self.written >= self.pause:
            self.step = self.position.steps_before(self.epoch) + batch + 1
            self.figures = {name: float(value) for name, value in (logs or {}).items()}
            self._write()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epoch, self.step, self.figures = epoch + 1, 0, {}
        self._write()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        # The rest of an epoch that was interrupted is a `fit` of its own.
        if self.epoch == self.epochs or self.model.stop_training:
            self.state = FINISHED
            if self.epoch < self.epochs:
                self.reason = f"stopped early, after {self.epoch} of {self.epochs} epochs"
            self._write()

    def stopped(self, reason: str) -> None:
        self.state, self.reason = STOPPED, reason
        self._write()

    def _write(self) -> None:
        self.written = time.monotonic()
        content = {
            "state": self.state,
            "reason": self.reason,
            "epoch": self.epoch,
            "epochs": self.epochs,
            "step": self.step,
            "steps": self.steps,
            # What is not finite has no number in JSON.
            "figures": {name: value for name, value in self.figures.items() if math.isfinite(value)},
            "trained": (self.epoch - self.position.epochs) * self.steps + self.step - self.position.steps,
            "seconds": self.written - self.began,
            "process": os.getpid(),
            "host": socket.gethostname(),
            "updated": time.time(),
        }
        try:
            with whole_file(self.path) as temporary:
                temporary.write_text(json.dumps(content, allow_nan=False) + "\n", encoding="utf-8")
        except OSError as error:
            if not self.failed:
                print(f"{self.path} could not be saved: {error.strerror or error}. Training goes on.", flush=True)
            self.failed = True
