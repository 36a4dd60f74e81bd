"""`folder:PATH`: picture files, class by class in sub-folders or all in one."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from keras_gen.data.examples import Examples, Shape, Stream, check_memory
from serving.background import mapped
from serving.errors import InputError
from serving.files import existing_folder
from serving.images import SUFFIXES, picture_files, read_image

SPLITS = ("train", "test")


def read(location: str, split: str, shape: Shape) -> Examples:
    """Decodes every picture; `PATH/train` and `PATH/test` are the splits where they exist."""
    files, labels, classes = _files(location, split)
    return Examples(decode_all(files, shape), labels, classes)


def stream(location: str, split: str, shape: Shape) -> Stream:
    """The pictures of `read`, decoded as they are asked for; all of a colour picture's channels unless grey is."""
    files, labels, classes = _files(location, split)
    decode = partial(read_image, size=shape.size, channels=shape.channels or 3)
    cores = os.cpu_count() or 1
    targets = [None] * len(files) if labels is None else labels.tolist()
    return Stream(len(files), zip(mapped(decode, files, cores, 4 * cores), targets, strict=True), classes)


def _files(location: str, split: str) -> tuple[list[Path], np.ndarray | None, tuple[str, ...]]:
    """Files, labels and classes of a split."""
    folders = split_folders(existing_folder(Path(location), f"folder:{location}"), split)
    files: list[Path] = []
    names: list[str] = []
    for folder in folders:
        found, of_class = _list(folder)
        files += found
        names += of_class
    if not files:
        raise InputError(f"folder:{location} must hold pictures ({', '.join(SUFFIXES[:3])}, ...). Received: none.")
    classes = tuple(sorted(set(names)))
    labels = np.array([classes.index(name) for name in names], np.int64) if names else None
    return files, labels, classes


def split_folders(root: Path, split: str, kind: str = "folder") -> list[Path]:
    """The folders of a split: `train` and `test` in `root` where they exist, else `root` itself.

    Raises:
        InputError: a split that is not there.
    """
    present = [part for part in SPLITS if (root / part).is_dir()]
    if not present:
        if split == "test":
            raise InputError(f"{kind}:{root} must have a sub-folder 'test'. Received: none.")
        return [root]
    if split != "all" and split not in present:
        raise InputError(f"{kind}:{root} must have a sub-folder {split!r}. Received: {', '.join(present)}.")
    return [root / part for part in present if split in ("all", part)]


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


def decode_all(files: list[Path], shape: Shape, read: Callable[..., np.ndarray] = read_image) -> np.ndarray:
    """One array of all pictures, decoded by as many threads as there are cores.

    Args:
        files: at least one.
        shape: what is asked for.
        read: from a file, the size and the channels asked for to a picture.

    Raises:
        InputError: a file that is no picture, pictures of different sizes, or too many for the memory.
    """
    first = read(files[0], shape.size, shape.channels)
    check_memory(str(files[0].parent), len(files), first.shape)
    decode: Callable[[Path], np.ndarray] = lambda file: read(file, shape.size, shape.channels)  # noqa: E731
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            pictures = list(tqdm(pool.map(decode, files), "decoding", len(files), leave=False, disable=None))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    for file, picture in zip(files, pictures, strict=True):
        if picture.shape[:2] != first.shape[:2]:
            raise InputError(
                f"pictures must have one size unless --image_size (or --resize, for a bundle) is given. Received: "
                f"{_size(first)} ({files[0]}) and {_size(picture)} ({file})."
            )
    channels = max(picture.shape[2] for picture in pictures)
    return np.stack([np.broadcast_to(picture, (*picture.shape[:2], channels)) for picture in pictures])


def _size(picture: np.ndarray) -> str:
    return f"{picture.shape[1]}x{picture.shape[0]}"
