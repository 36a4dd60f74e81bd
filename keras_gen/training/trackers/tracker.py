"""What an experiment tracker is to a training."""

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar


@dataclass(frozen=True)
class TrackedRun:
    """The run that is tracked.

    Attributes:
        folder: the run directory.
        name: for people.
        id: 16 characters, the same whenever the run is resumed, and of no other run.
        config: its options, the seed among them, and the versions it is made with, by names with dots.
        config_file: the same as a file.
    """

    folder: Path
    name: str
    id: str
    config: Mapping[str, Any]
    config_file: Path


@dataclass(frozen=True)
class Epoch:
    """What a finished epoch left.

    Attributes:
        number: counted from 1.
        figures: losses and metrics by name; those of validation begin with `val_`.
        picture: PNG file with samples, if the epoch has one.
        alarms: lines of the alarms that it raised.
    """

    number: int
    figures: Mapping[str, float]
    picture: Path | None = None
    alarms: tuple[str, ...] = ()


class Tracker(ABC):
    """Takes the epochs of one run, one after the other, each once.

    Attributes:
        packages: what must be installed.
        errors: what goes wrong outside of the training, such as a server that cannot be reached.
    """

    packages: ClassVar[tuple[str, ...]] = ()
    errors: tuple[type[Exception], ...] = (OSError,)

    @classmethod
    def require(cls) -> None:
        """Raises ModuleNotFoundError where a package is missing."""
        for name in cls.packages:
            if importlib.util.find_spec(name) is None:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    @abstractmethod
    def open(self, run: TrackedRun) -> int:
        """Begins the run, or continues it, and returns the number of the last epoch that the tracker has of it, 0 for
        none. The epochs behind that one are what `log` is given next."""

    @abstractmethod
    def log(self, epoch: Epoch) -> None:
        """Takes an epoch."""

    @abstractmethod
    def close(self, reason: str | None) -> None:
        """Ends the run.

        Args:
            reason: why training stopped before its end; None if it did not.
        """

    def place(self) -> str:
        """What is said of an opened run: where it is. Nothing by default."""
        return ""
