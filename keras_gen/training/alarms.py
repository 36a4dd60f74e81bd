"""Alarms: a figure of an epoch, the threshold at which it becomes suspicious, and its usual cause; no TensorFlow."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

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


@dataclass(frozen=True)
class Raised:
    """An alarm that was raised.

    Attributes:
        epoch: after which one, counted from 1.
        value: of the figure.
        alarm: which.
    """

    epoch: int
    value: float
    alarm: Alarm

    def __str__(self) -> str:
        figure, sign, threshold = self.alarm.figure, self.alarm.sign, self.alarm.threshold
        return (
            f"alarm after epoch {self.epoch}: {figure} is {self.value:.3g} ({sign} {threshold:g}): {self.alarm.cause}"
        )


class StandingAlarms:
    """Raises an alarm in the first of the epochs in which it holds, and again only after it has cleared.

    Args:
        alarms: what to watch; figures that are missing in an epoch are skipped.
    """

    def __init__(self, alarms: Sequence[Alarm] = ADVERSARIAL) -> None:
        self.alarms = alarms
        self.standing: set[str] = set()

    def raised(self, epoch: int, figures: Mapping[str, float]) -> list[Raised]:
        """The alarms that an epoch raises.

        Args:
            epoch: number of the epoch, counted from 1.
            figures: of the epoch, by name.
        """
        found = []
        for alarm in self.alarms:
            if alarm.figure not in figures:
                continue
            value = float(figures[alarm.figure])
            if not alarm.raised(value):
                self.standing.discard(alarm.figure)
            elif alarm.figure not in self.standing:
                self.standing.add(alarm.figure)
                found.append(Raised(epoch, value, alarm))
        return found


def alarms_in(rows: Iterable[Mapping[str, float]], alarms: Sequence[Alarm] = ADVERSARIAL) -> list[Raised]:
    """The alarms of a training, in the order in which they were raised.

    Args:
        rows: figures of one epoch after the other, with its number as `epoch`.
        alarms: what is watched.
    """
    standing = StandingAlarms(alarms)
    return [one for row in rows for one in standing.raised(int(row["epoch"]), row)]
