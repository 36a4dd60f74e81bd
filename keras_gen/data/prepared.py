"""`prepared:FOLDER`: pictures that `keras-gen prepare` decoded and resized once, read from the disk when needed.

A split is one array of all its pictures, mapped into memory: any row can be read without the others, so that the order
of training is as random, and as repeatable, as that of a set in memory, and each worker reads its own rows alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from keras_gen.data.examples import Examples, Shape, Stream
from serving.errors import InputError
from serving.files import existing_folder

FILE, FORMAT = "prepared.json", "keras-gen prepared pictures, 1"
SPLITS = ("train", "test")


def write(folder: Path, name: str, splits: dict[str, Stream]) -> None:
    """Writes what `prepared:FOLDER` reads.

    Args:
        folder: empty.
        name: what the pictures were opened by.
        splits: pictures of one shape in all of them.

    Raises:
        InputError: pictures of several shapes.
    """
    classes: tuple[str, ...] = ()
    shape: tuple[int, ...] | None = None
    for split, stream in splits.items():
        shape, labels = _write_split(folder, split, stream, shape)
        if labels is not None:
            np.save(_labels_file(folder, split), labels)
        classes = classes or stream.classes
    facts = {"format": FORMAT, "source": name, "splits": list(splits), "image_shape": shape, "classes": classes}
    (folder / FILE).write_text(json.dumps(facts, indent=2) + "\n")


def read(location: str, split: str, shape: Shape) -> Examples:
    """The arrays of a split, mapped; both one after the other, in memory, for `all`."""
    name = f"prepared:{location}"
    folder = existing_folder(Path(location), name)
    facts = _facts(folder, name)
    height, width, channels = facts["image_shape"]
    if shape.size not in (None, (height, width)) or shape.channels not in (None, channels):
        wanted = (*(shape.size or (height, width)), shape.channels or channels)
        raise InputError(
            f"{name} holds pictures of {height}x{width}x{channels}; another size must be prepared anew. "
            f"Received: a wish for {'x'.join(map(str, wanted))}."
        )
    if split == "all":
        parts = [_mapped(folder, part, facts) for part in facts["splits"]]
        labels = [part.labels for part in parts if part.labels is not None]
        joined = np.concatenate(labels) if len(labels) == len(parts) else None
        return Examples(np.concatenate([part.images for part in parts]), joined, tuple(facts["classes"]))
    if split not in facts["splits"]:
        raise InputError(f"{name} must have the split {split!r}. Received: {', '.join(facts['splits'])}.")
    return _mapped(folder, split, facts)


def _write_split(
    folder: Path, split: str, stream: Stream, shape: tuple[int, ...] | None
) -> tuple[tuple[int, ...], np.ndarray | None]:
    array: Any = None
    labels: list[int] = []
    for row, (picture, label) in enumerate(tqdm(stream.examples, split, stream.count, leave=False, disable=None)):
        shape = shape or picture.shape
        if picture.shape != shape:
            raise InputError(
                "pictures must have one size unless --image_size is given. Received: "
                f"{'x'.join(map(str, shape))} and {'x'.join(map(str, picture.shape))}."
            )
        if array is None:
            array = np.lib.format.open_memmap(
                _images_file(folder, split), mode="w+", dtype=picture.dtype, shape=(stream.count, *shape)
            )
        array[row] = picture
        if label is not None:
            labels.append(label)
    array.flush()
    return array.shape[1:], np.array(labels, np.int64) if labels else None


def _mapped(folder: Path, split: str, facts: dict[str, Any]) -> Examples:
    images = _array(_images_file(folder, split), "r")
    labels_file = _labels_file(folder, split)
    labels = _array(labels_file, None) if labels_file.exists() else None
    if images.ndim != 4 or list(images.shape[1:]) != facts["image_shape"]:
        raise InputError(
            f"{_images_file(folder, split)} must hold pictures of {facts['image_shape']}. Received: {images.shape}."
        )
    if labels is not None and labels.shape != images.shape[:1]:
        raise InputError(f"{labels_file} must hold {len(images)} labels. Received: {labels.shape}.")
    return Examples(images, labels, tuple(facts["classes"]))


def _array(path: Path, mode: Any) -> np.ndarray:
    try:
        return np.load(path, mmap_mode=mode, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} must be an array as `keras-gen prepare` writes it. Received: {error}.") from error


def _facts(folder: Path, name: str) -> dict[str, Any]:
    try:
        facts = json.loads((folder / FILE).read_text())
        if facts["format"] == FORMAT and len(facts["image_shape"]) == 3 and facts["splits"]:
            return facts
        received = repr(facts["format"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        received = f"{type(error).__name__}: {error}"
    raise InputError(f"{name} must be a folder that `keras-gen prepare` has written. Received: {received}.")


def _images_file(folder: Path, split: str) -> Path:
    return folder / f"{split}-images.npy"


def _labels_file(folder: Path, split: str) -> Path:
    return folder / f"{split}-labels.npy"
