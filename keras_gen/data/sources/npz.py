"""`npz:PATH`: arrays in a NumPy archive."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from keras_gen.data.arrays import from_arrays
from keras_gen.data.examples import SPLITS, Examples, MissingSplitError, Shape
from keras_gen.data.forms import Form
from keras_gen.data.labels import named_classes
from serving.common.errors import InputError

SOURCE = Form(("npz:PATH",), "a NumPy archive: `x_train`, `y_train`, `images`, ...")
IMAGE_KEYS = ("x_{split}", "{split}_images", "images", "x")
LABEL_KEYS = ("y_{split}", "{split}_labels", "labels", "y")


def read(location: str, split: str, shape: Shape) -> Examples:
    """Pictures from `x_train`, `train_images`, `images` or `x`, labels from `y_train` and so on."""
    path = Path(location)
    with _opened(path) as archive:
        images = _get(archive, IMAGE_KEYS, split)
        labels = _get(archive, LABEL_KEYS, split)
        if images is None:
            raise MissingSplitError(
                f"{path} must have one of {', '.join(_names(IMAGE_KEYS, split))}. "
                f"Received: {', '.join(archive.files) or 'an empty archive'}."
            )
    return from_arrays(str(path), images, labels, shape)


def classes(location: str) -> tuple[str, ...]:
    """The labels of the training split by their names or numbers."""
    path = Path(location)
    with _opened(path) as archive:
        labels = _get(archive, LABEL_KEYS, "train")
    return () if labels is None else named_classes(str(path), labels, len(labels))[1]


@contextmanager
def _opened(path: Path) -> Iterator[np.lib.npyio.NpzFile]:
    """The archive; what is wrong with it becomes an InputError of one line."""
    if not path.is_file():
        raise InputError(f"npz:{path} must be a NumPy archive. Received: no such file.")
    try:
        with path.open("rb") as file, _archive(path, file) as archive:
            yield archive
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} must be a NumPy archive without pickled objects. Received: {error}") from error


def _archive(path: Path, file: BinaryIO) -> np.lib.npyio.NpzFile:
    archive = np.load(file, allow_pickle=False)
    if isinstance(archive, np.lib.npyio.NpzFile):
        return archive
    line = f"numpy.savez({path.stem + '.npz'!r}, images=numpy.load({path.name!r}))"
    raise InputError(f"{path} must be an .npz archive, which {line} writes. Received: a single array.")


def _names(patterns: tuple[str, ...], split: str) -> list[str]:
    """The keys that can hold a split; those without its name hold a set that is not split."""
    names = [pattern.format(split=split) for pattern in patterns]
    return names if split != "test" else names[:2]


def _get(archive: np.lib.npyio.NpzFile, patterns: tuple[str, ...], split: str) -> np.ndarray | None:
    if split == "all":
        parts = [_get(archive, patterns[:2], part) for part in SPLITS]
        found = [part for part in parts if part is not None]
        if found:
            return np.concatenate(found)
    return next((archive[name] for name in _names(patterns, split) if name in archive.files), None)
