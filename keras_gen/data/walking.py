"""The picture files of a folder and of all folders in it, and what is left out of them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import NamedTuple

from serving.common.formats import left_out_text
from serving.common.images import picture_files

LOGGER = logging.getLogger(__name__)


class Found(NamedTuple):
    """What is in a folder and in all folders in it, hidden files and folders apart.

    Attributes:
        pictures: files whose suffix is that of a picture, those of a folder before those of its sub-folders, sorted.
        others: all other files.
    """

    pictures: list[Path]
    others: list[Path]


def found_below(folder: Path, above: frozenset[Path] = frozenset()) -> Found:
    """The files of a folder, as deep as it goes; a link that leads back up is not followed.

    Args:
        folder: which exists.
        above: where the walk has come through.
    """
    place = folder.resolve()
    if place in above:
        return Found([], [])
    pictures, others = here(folder)
    for sub in sub_folders(folder):
        below = found_below(sub, above | {place})
        pictures += below.pictures
        others += below.others
    return Found(pictures, others)


def here(folder: Path) -> Found:
    """The files directly in a folder."""
    pictures = picture_files(folder)
    known = set(pictures)
    others = [path for path in sorted(folder.iterdir()) if _visible(path) and path.is_file() and path not in known]
    return Found(pictures, others)


def sub_folders(folder: Path) -> list[Path]:
    """The visible folders directly in a folder, sorted."""
    return sorted(path for path in folder.iterdir() if _visible(path) and path.is_dir())


def say_what_is_left_out(name: str, files: list[Path]) -> None:
    """Says how many files are no pictures by their names, and which; nothing where there are none."""
    if not files:
        return
    noun = "file" if len(files) == 1 else "files"
    kinds = left_out_text(files)
    LOGGER.info("%s: left out %d %s that no picture is called like: %s, as %s", name, len(files), noun, kinds, files[0])


def _visible(path: Path) -> bool:
    return not path.name.startswith(".")
