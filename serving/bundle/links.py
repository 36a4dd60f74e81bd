"""Where the files of a bundle are, and which links may lead there.

Two kinds of link are followed, both to their end, before it is decided:

- to a file inside the folder of the bundle, as Kubernetes mounts a volume (`manifest.json -> ..data/manifest.json`);
- from a folder `snapshots` to the folder `blobs` beside it, as the caches of model hubs keep files
  (`models--me--vae/snapshots/REVISION/manifest.json -> ../../blobs/HASH`).

The folder of the bundle may itself be a link.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from serving.common.errors import InputError

SNAPSHOTS, BLOBS = "snapshots", "blobs"


def real_file(bundle: Path, name: str) -> Path | None:
    """The file of a bundle, behind its link if it is one.

    Args:
        bundle: the folder.
        name: a plain file name.

    Returns:
        A path that is no link, or None where there is nothing of that name.

    Raises:
        InputError: a link that leads elsewhere or nowhere, or what is no file.
    """
    path = bundle / name
    if not os.path.lexists(path):
        return None
    real = _followed(bundle, path) if path.is_symlink() else path
    if not stat.S_ISREG(real.lstat().st_mode):
        raise InputError(f"{path} must be a file of its own. Received: something else.")
    return real


def _followed(bundle: Path, path: Path) -> Path:
    """The end of a link, where that is inside a folder that it may lead to."""
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: up to Python 3.12, links in a circle
        raise InputError(f"{path} must be a file of its own. Received: a link to no file.") from None
    if not any(real.is_relative_to(folder) for folder in _allowed(bundle.resolve())):
        raise InputError(
            f"{path} must be a file of its own, or a link to one of the bundle or of its model hub's cache. "
            f"Received: a link to {real}."
        )
    return real


def _allowed(bundle: Path) -> list[Path]:
    """The folders that links of a bundle may lead into; a folder `blobs` that is itself a link is none of them, for
    what is behind it is somewhere else."""
    hubs = [folder.parent for folder in bundle.parents if folder.name == SNAPSHOTS]
    return [bundle, *(hub / BLOBS for hub in hubs)]
