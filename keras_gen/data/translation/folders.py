"""Two folders in one name."""

from __future__ import annotations

from pathlib import Path

from serving.common.errors import InputError


def split_pair(location: str) -> tuple[Path, Path] | None:
    """Both folders of `PATH_A,PATH_B`; None for a single path, which may have a comma in its name.

    Raises:
        InputError: more than two folders.
    """
    if Path(location).exists() or "," not in location:
        return None
    parts = location.split(",")
    if len(parts) != 2 or not all(parts):
        raise InputError(f"two domains must be one folder or two, as in PATH_A,PATH_B. Received: {location!r}.")
    return Path(parts[0]), Path(parts[1])
