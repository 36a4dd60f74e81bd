"""Alarms: a figure of an epoch, the threshold at which it becomes suspicious, and the usual cause."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import keras

SIGNS = {">=": operator.ge, ">": operator.gt, "<": operator.lt, "<=": operator.le}


@dataclass(frozen=True)
class Alarm:
    """A condition on a figure that says that training goes wrong.

    Attributes:
        figure: its name in `logs`; epochs without it raise no alarm.
        sign: the alarm is raised if `figure sign threshold` holds, or if the figure is NaN.
        threshold: see above.
        cause: what usually causes it and what helps, for the user.
    """

    figure: str
    sign: Literal[">=", ">", "<", "<="]
    threshold: float
    cause: str

    def raised(self, value: float) -> bool:
        """Whether the figure's value is a reason to warn."""
        return value != value or bool(SIGNS[self.sign](value, self.threshold))


# Where a share of duplicates of 0.05 stands: among 256 samples, a generator that makes K different pictures, equally
# likely, has 1 - (1 - 1/K)^255 of them; that is 0.05 at K = 5,000.
ADVERSARIAL = (
    Alarm(
        "discriminator_accuracy",
        ">=",
        0.99,
        "the discriminator tells nearly all apart and teaches little; a penalty (r1), augmentation or a lower rate of "
        "its own helps",
    ),
    Alarm("sample_broken", ">", 0.0, "samples have pixels that are not finite; a lower learning rate helps"),
    Alarm("sample_diversity", "<", 0.5, "samples resemble each other, which is mode collapse, or fade to their mean"),
    Alarm("sample_duplicates", ">=", 0.05, "the generator repeats itself, which is mode collapse"),
    Alarm("sample_modes", "<=", 0.9, "the generator leaves out classes of the data, which is mode collapse"),
    Alarm("sample_agreement", "<", 0.8, "samples are not of the class asked for; the label may be ignored"),
)


class Alarms(keras.callbacks.Callback):
    """Prints a line when an alarm is raised, and prints it again only after the alarm has cleared.

    The line is printed after the line of the epoch itself: when the next epoch begins or training ends.

    Args:
        alarms: what to watch; figures that are missing in an epoch are skipped.
    """

    def __init__(self, alarms: Sequence[Alarm] = ADVERSARIAL) -> None:
        super().__init__()
        self.alarms = alarms
        self.standing: set[str] = set()
        self.lines: list[str] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        for alarm in self.alarms:
            if alarm.figure not in (logs or {}):
                continue
            value = float(logs[alarm.figure])  # type: ignore[index]
            if not alarm.raised(value):
                self.standing.discard(alarm.figure)
            elif alarm.figure not in self.standing:
                self.standing.add(alarm.figure)
                self.lines.append(
                    f"alarm after epoch {epoch + 1}: {alarm.figure} is {value:.3g} ({alarm.sign} {alarm.threshold:g}): "
                    f"{alarm.cause}"
                )

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._print()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._print()

    def _print(self) -> None:
        for line in self.lines:
            print(line, flush=True)
        self.lines.clear()
