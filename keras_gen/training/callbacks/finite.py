"""Stops training whose losses are no longer finite."""

from __future__ import annotations

import math
from typing import Any

import keras

from keras_gen.training.position import BEGINNING, Position


class NonFiniteLossError(ArithmeticError):
    """A reported value became NaN or infinite; the message says which one and at which step."""


class FiniteLosses(keras.callbacks.Callback):
    """Stops training after the first step in which a reported value is NaN or infinite.

    Args:
        position: epoch and step at which training begins.

    Raises:
        NonFiniteLossError: raised from `fit`, before the broken state is saved anywhere.
    """

    def __init__(self, position: Position = BEGINNING) -> None:
        super().__init__()
        self.epoch = 0
        self.position = position

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        for name, value in (logs or {}).items():
            if not math.isfinite(value):
                before = self.position.steps_before(self.epoch)
                raise NonFiniteLossError(
                    f"`{name}` must stay finite. Received: {float(value)} at step {before + batch + 1} "
                    f"of epoch {self.epoch + 1}; a lower learning rate may help."
                )
