"""What takes long to make, made once for all processes of a test session."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def common(paths: pytest.TempPathFactory) -> Path:
    """The folder that all processes of this test session share."""
    base = paths.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def once(folder: Path, make: Callable[[Path], None]) -> Path:
    """`folder` as `make` filled it. One process does, while the others wait; what failed is tried again by the next.

    Args:
        folder: of the session's common one, with a name of its own.
        make: fills an empty folder.
    """
    done, lock = folder.with_name(f"{folder.name}.done"), folder.with_name(f"{folder.name}.lock")
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder
