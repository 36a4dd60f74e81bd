"""`folder:PATH`: picture files, class by class in sub-folders or all in one."""

from __future__ import annotations

from pathlib import Path

from keras_gen.data.examples import SPLITS, Examples, MissingSplitError, Shape, splits_of
from keras_gen.data.files import decoded_files
from keras_gen.data.forms import Form
from keras_gen.data.streams import Stream, in_memory
from serving.common.errors import InputError
from serving.common.files import existing_folder
from serving.common.formats import SOME_SUFFIXES
from serving.common.images import picture_files

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
    files: list[Path] = []
    names: list[str] = []
    for folder in folders:
        found, of_class = _list(folder)
        files += found
        names += of_class
    if not files:
        raise InputError(f"{name} must hold pictures ({SOME_SUFFIXES}, ...). Received: a folder without any.")
    classes = tuple(sorted(set(names)))
    labels = [classes.index(name) for name in names] if names else None
    return decoded_files(name, files, shape, labels, classes)


def split_folders(root: Path, split: str, kind: str = "folder") -> list[Path]:
    """The folders of a split: `train` and `test` in `root` where they exist, else `root` itself.

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


def _list(folder: Path) -> tuple[list[Path], list[str]]:
    """Files in a fixed order, and the class of each where sub-folders name classes."""
    direct = picture_files(folder)
    by_class = {sub.name: picture_files(sub) for sub in sorted(folder.iterdir()) if _visible(sub) and sub.is_dir()}
    by_class = {name: files for name, files in by_class.items() if files}
    if direct and by_class:
        raise InputError(
            f"{folder} must hold pictures or sub-folders of pictures, not both. Received: {direct[0].name} "
            f"beside {next(iter(by_class))}/."
        )
    if direct:
        return direct, []
    pairs = [(file, name) for name, files in by_class.items() for file in files]
    return [file for file, _ in pairs], [name for _, name in pairs]


def _visible(path: Path) -> bool:
    return not path.name.startswith(".")
