"""Minutes shared out to the parts of a benchmark, each a process that is ended when its time is over."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

# Of its time, after which a part begins nothing new; the rest is for what it has begun.
SOFT = 0.75


@dataclass(frozen=True)
class Part:
    """A process.

    Attributes:
        name: what is said where it does not end by itself.
        share: of the time that is left, against the shares of those that follow.
        command: its words; the seconds after which it shall begin nothing new are added.
        environment: variables beside those that there are.
    """

    name: str
    share: float
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


class Clock:
    """What is left of some seconds.

    Args:
        seconds: from now on.
        now: tells the time.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._end = now, now() + seconds

    def left(self) -> float:
        """Seconds, at least 0."""
        return max(0.0, self._end - self._now())


def run_parts(parts: Sequence[Part], clock: Clock, run: Callable[[Part, float], int | None]) -> list[str]:
    """Runs one after the other; what one does not need is left to those that follow.

    Args:
        parts: what to run.
        clock: of all.
        run: runs a part for as many seconds: its exit code, None if it had to be ended.

    Returns:
        A line for each that did not end well.
    """
    said = []
    for index, part in enumerate(parts):
        seconds = clock.left() * part.share / sum(each.share for each in parts[index:])
        code = run(part, seconds)
        if code is None:
            said.append(f"{part.name}: ended after {seconds:.0f} s, what it had not begun by then is left out")
        elif code:
            said.append(f"{part.name}: ended with code {code}")
    return said


def run_process(part: Part, seconds: float) -> int | None:
    """Its exit code; None for one that was ended, with all that it had started."""
    words = [*part.command, "--seconds", f"{SOFT * seconds:.0f}"]
    process = subprocess.Popen(words, env={**os.environ, **part.environment}, start_new_session=True)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None
