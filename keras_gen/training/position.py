"""The position in a training: finished epochs and steps."""

from __future__ import annotations

from typing import NamedTuple


class Position(NamedTuple):
    """A position in a training; positions are ordered.

    Attributes:
        epochs: how many are finished.
        steps: how many steps of the next epoch are finished.
    """

    epochs: int = 0
    steps: int = 0

    def steps_before(self, epoch: int) -> int:
        """Steps of an epoch, counted from 0, that were taken before a `fit` that begins here."""
        return self.steps if epoch == self.epochs else 0

    def __str__(self) -> str:
        return f"epoch {self.epochs}" + (f" and {self.steps} steps" if self.steps else "")


BEGINNING = Position()
