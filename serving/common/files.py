"""Files and folders that are written completely or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from serving.common.errors import InputError

# What `tempfile.mkstemp` puts between prefix and suffix.
RANDOM_CHARACTERS = 8


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields a temporary path in the same folder, which is renamed to `path` if the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(paths: Iterable[Path]) -> None:
    """Removes the temporary files that a process left next to these paths if it was killed inside `whole_file`."""
    by_folder: dict[Path, set[tuple[str, str]]] = {}
    for path in paths:
        by_folder.setdefault(path.parent, set()).add((path.stem, path.suffix))
    for folder, names in by_folder.items():
        for path in folder.glob(".*"):
            stem, _, random = path.stem[1:].rpartition("-")
            if (stem, path.suffix) in names and len(random) == RANDOM_CHARACTERS:
                path.unlink(missing_ok=True)


def existing_folder(path: Path, name: str | None = None) -> Path:
    """Returns the path if it is a folder.

    Args:
        path: the path to check.
        name: its name in the error message; the path by default.

    Raises:
        InputError: the path is not a folder.
    """
    if not path.is_dir():
        what = "a file" if path.exists() else "no such folder"
        raise InputError(f"{name or path} must be a folder. Received: {what}.")
    return path


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yields a temporary folder, which replaces `path` if the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        if path.exists():
            old = temporary.with_name(temporary.name + "-old")
            path.rename(old)
            temporary.rename(path)
            shutil.rmtree(old)
        else:
            temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
