"""`folder:PATH`: picture files, class by class in sub-folders or all in one.

A class is a sub-folder with all that is in it, however deep. The classes of both splits are those of `train`.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import NamedTuple

from keras_gen.data.examples import SPLITS, Examples, MissingSplitError, Shape, splits_of
from keras_gen.data.files import decoded_files
from keras_gen.data.forms import Form
from keras_gen.data.streams import Stream, in_memory
from keras_gen.data.walking import found_below, here, say_what_is_left_out, sub_folders
from serving.common.errors import InputError
from serving.common.files import existing_folder
from serving.common.formats import SOME_SUFFIXES

LOGGER = logging.getLogger(__name__)
SOURCE = Form(
    ("folder:PATH",), "pictures, class by class in sub-folders or all in one; `train/` and `test/` if they exist"
)


def read(location: str, split: str, shape: Shape) -> Examples:
    """Decodes every picture; `PATH/train` and `PATH/test` are the splits where they exist."""
    return in_memory(_decoded(location, split, shape))


def stream(location: str, split: str, shape: Shape) -> Stream:
    """The pictures of `read`, decoded as they are asked for."""
    if shape.channels is None and not _in_colour(location, split, shape):
        shape = shape._replace(channels=1)
    return _decoded(location, split, shape._replace(channels=shape.channels or 3))


def _in_colour(location: str, split: str, shape: Shape) -> bool:
    """Whether any picture is; where none is, all have to be decoded to know it."""
    pictures = _decoded(location, split, Shape(levels=shape.levels, frames=shape.frames)).examples
    return any(picture.shape[2] == 3 for picture, _ in pictures)


def _decoded(location: str, split: str, shape: Shape) -> Stream:
    name = f"folder:{location}"
    folders = split_folders(existing_folder(Path(location), name), split)
    listed = [_list(folder) for folder in folders]
    files = [file for one in listed for file in one.files]
    if not files:
        raise InputError(f"{name} must hold pictures ({SOME_SUFFIXES}, ...). Received: a folder without any.")
    say_what_is_left_out(name, [file for one in listed for file in one.others])
    names = [of_class for one in listed for of_class in one.classes]
    classes = tuple(sorted(set(names)))
    places = {of_class: label for label, of_class in enumerate(classes)}
    # Where a split has no classes, those of the other say nothing of all.
    labelled = len(names) == len(files)
    labels = [places[of_class] for of_class in names] if labelled else None
    return decoded_files(name, files, shape, labels, classes if labelled else ())


def classes(location: str) -> tuple[str, ...]:
    """The sub-folders of the training split that hold pictures."""
    (root,) = split_folders(existing_folder(Path(location), f"folder:{location}"), "train")
    return tuple(sub.name for sub in sub_folders(root) if found_below(sub).pictures)


def split_folders(root: Path, split: str, kind: str = "folder") -> list[Path]:
    """The folders of a split: `train` and `test` in `root` where they exist, else `root` itself.

    Args:
        root: which exists.
        split: `train`, `test` or `all`.
        kind: of the source, for messages.

    Raises:
        MissingSplitError: a split that is not there.
    """
    present = [part for part in SPLITS if (root / part).is_dir()]
    if not present:
        if split == "test":
            raise MissingSplitError(f"{kind}:{root} must have a sub-folder 'test'. Received: no 'train' and no 'test'.")
        return [root]
    if split != "all" and split not in present:
        raise MissingSplitError(f"{kind}:{root} must have a sub-folder {split!r}. Received: {', '.join(present)}.")
    beside = [folder.name for folder in sub_folders(root) if folder.name not in present]
    if beside:
        LOGGER.info("%s:%s: left out the folders beside %s: %s", kind, root, " and ".join(present), ", ".join(beside))
    return [root / part for part in present if part in splits_of(split)]


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


class _Listed(NamedTuple):
    """What a folder holds: picture files in a fixed order, the class of each where sub-folders name classes, and files
    that are no pictures."""

    files: list[Path]
    classes: list[str]
    others: list[Path]


def _list(folder: Path) -> _Listed:
    direct = here(folder)
    by_class = {sub.name: found_below(sub) for sub in sub_folders(folder)}
    with_pictures = {name: found.pictures for name, found in by_class.items() if found.pictures}
    if direct.pictures and with_pictures:
        raise InputError(
            f"{folder} must hold pictures or sub-folders of pictures, not both. Received: {direct.pictures[0].name} "
            f"beside {next(iter(with_pictures))}/."
        )
    others = [*direct.others, *(file for found in by_class.values() for file in found.others)]
    pairs = [(file, name) for name, files in with_pictures.items() for file in files]
    files = direct.pictures or [file for file, _ in pairs]
    return _Listed(files, [name for _, name in pairs], others)
