"""How far a run is, and whether it is still being trained."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path
from typing import Any, NamedTuple

from keras_gen.training.run_files import CONFIG, FINISHED, MODEL, PROGRESS, STOPPED

STARTING, RUNNING, SILENT = "starting", "running", "silent"
# Seconds without a sign of life: of a process on another machine, which may have ended, and of a run that has begun.
LONG, PATIENCE = 600.0, 600.0


class Status(NamedTuple):
    """How far a run is.

    Attributes:
        state: `starting`, `running`, `silent` (on another machine, without a sign of life), `finished` or `stopped`.
        reason: why it stopped, or stopped early; empty if there is nothing to say.
        epoch: finished epochs; None where that is not known.
        step: finished steps of the next one.
        steps: of an epoch; 0 where that is not known.
        left: seconds that the rest takes at the speed so far; None where that is not known.
        age: seconds since the last sign of life; None without one.
        figures: of the epoch so far.
    """

    state: str
    reason: str = ""
    epoch: int | None = None
    step: int = 0
    steps: int = 0
    left: float | None = None
    age: float | None = None
    figures: dict[str, float] = {}  # noqa: RUF012


def status_of(run: Path, epochs: int, now: float | None = None) -> Status:
    """The status of a run directory, whatever half of it is there.

    Args:
        run: the folder.
        epochs: that the run is to have; 0 if that is not known.
        now: seconds since 1970; the clock's by default.
    """
    now = time.time() if now is None else now
    try:
        return _said(json.loads((run / PROGRESS).read_text(encoding="utf-8")), epochs, now)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # Not begun, of a version that wrote no such file, or damaged.
        return _guessed(run, now)


def _said(progress: dict[str, Any], epochs: int, now: float) -> Status:
    age = max(0.0, now - float(progress["updated"]))
    state, reason = _state(progress, age)
    epoch, step, steps = (int(progress[name]) for name in ("epoch", "step", "steps"))
    trained, seconds = int(progress["trained"]), float(progress["seconds"])
    rest = (max(epochs, int(progress["epochs"])) - epoch) * steps - step
    left = seconds / trained * rest if trained > 0 and state in (RUNNING, SILENT) else None
    figures = {str(name): float(value) for name, value in progress["figures"].items()}
    return Status(state, reason, epoch, step, steps, left, age, figures if state == RUNNING else {})


def _state(progress: dict[str, Any], age: float) -> tuple[str, str]:
    reason = str(progress["reason"])
    if progress["state"] in (FINISHED, STOPPED):
        return str(progress["state"]), reason
    if progress["host"] != socket.gethostname():
        return (SILENT, "no sign of life from its machine") if age > LONG else (RUNNING, "")
    return (RUNNING, "") if _alive(int(progress["process"])) else (STOPPED, "its process ended before it could say why")


def _alive(process: int) -> bool:
    if os.name != "posix":
        return True  # there, a process cannot be asked without a signal that ends it
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _guessed(run: Path, now: float) -> Status:
    if (run / MODEL).is_file():
        return Status(FINISHED)
    try:
        age = now - (run / CONFIG).stat().st_mtime
    except OSError:
        age = PATIENCE
    return Status(STARTING) if age < PATIENCE else Status(STOPPED, "it does not say how far it is")
