"""How many cores there are to compute with."""

from __future__ import annotations

import math
import os
from pathlib import Path

# Of the group of processes that this one is in, as it sees it: microseconds of computing in as many of time.
QUOTA = Path("/sys/fs/cgroup/cpu.max")


def cores() -> int:
    """Cores that this process may use: those that it was given, or as many as a container's share of time is worth."""
    given = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(given, quota(QUOTA) or given))


def quota(file: Path) -> int | None:
    """Cores that a quota of Linux's control groups (version 2) is worth, rounded up; None where there is none."""
    try:
        computing, time = file.read_text(encoding="ascii").split()
        return None if computing == "max" else math.ceil(int(computing) / int(time))
    except (OSError, ValueError, ZeroDivisionError):
        return None
