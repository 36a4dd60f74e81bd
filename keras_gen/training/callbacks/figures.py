"""Figures that are measured once per epoch instead of in every training step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras


class EpochFigures(keras.callbacks.Callback):
    """Measures the model at the end of an epoch and adds the figures to `logs`.

    Later callbacks find them in `logs`, and `fit` returns them in its history.

    Args:
        measure: function from the model to a dictionary of figures.
        every: epochs between two measurements; the last epoch is always measured.
    """

    def __init__(self, measure: Callable[[keras.Model], Mapping[str, float]], every: int = 1) -> None:
        super().__init__()
        self.measure = measure
        self.every = every

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        finished = epoch + 1
        if logs is not None and (finished % self.every == 0 or finished == self.params["epochs"]):
            logs.update(self.measure(self.model))
