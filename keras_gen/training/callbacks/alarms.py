"""The line of an alarm, when it is raised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_gen.training.alarms import ADVERSARIAL, Alarm, StandingAlarms


class Alarms(keras.callbacks.Callback):
    """Prints a line when an alarm is raised, and prints it again only after the alarm has cleared.

    The line is printed after the line of the epoch itself: when the next epoch begins or training ends.

    Args:
        alarms: what to watch; figures that are missing in an epoch are skipped.
    """

    def __init__(self, alarms: Sequence[Alarm] = ADVERSARIAL) -> None:
        super().__init__()
        self.alarms = alarms
        self.standing = StandingAlarms(alarms)
        self.lines: list[str] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.lines += map(str, self.standing.raised(epoch + 1, logs or {}))

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._print()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._print()

    def _print(self) -> None:
        for line in self.lines:
            print(line, flush=True)
        self.lines.clear()
