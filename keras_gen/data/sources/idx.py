"""`idx:PATH`: a folder of files in the format of MNIST, plain or gzipped.

Source: LeCun, Cortes & Burges, "The MNIST database", section "File formats".
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from keras_gen.data.arrays import from_arrays
from keras_gen.data.examples import Examples, MissingSplitError, Shape, check_memory, joined, splits_of
from keras_gen.data.forms import Form
from keras_gen.data.labels import named_classes
from serving.common.errors import InputError
from serving.common.files import existing_folder

SOURCE = Form(("idx:PATH",), "a folder of files in MNIST's format")
FILE_PREFIXES = {"train": ("train",), "test": ("t10k", "test")}
UNSIGNED_BYTE = 0x08


def read(location: str, split: str, shape: Shape) -> Examples:
    """Pictures from `*train-images*` or `*t10k-images*`, labels from the file beside them if it is there."""
    folder = existing_folder(Path(location), f"idx:{location}")
    if split == "all":
        return joined(f"idx:{location}", [read(location, part, shape) for part in splits_of(split)])
    images = _find(folder, split, "images-idx3")
    if images is None:
        raise MissingSplitError(
            f"idx:{location} must have a file *{FILE_PREFIXES[split][0]}-images-idx3-ubyte[.gz]. "
            f"Received: {', '.join(sorted(path.name for path in folder.iterdir())[:4]) or 'an empty folder'}."
        )
    labels_file = _find(folder, split, "labels-idx1")
    return from_arrays(str(images), _read_array(images, 3), _read_array(labels_file, 1) if labels_file else None, shape)


def classes(location: str) -> tuple[str, ...]:
    """The labels of the training split by their numbers."""
    file = _find(existing_folder(Path(location), f"idx:{location}"), "train", "labels-idx1")
    if file is None:
        return ()
    labels = _read_array(file, 1)
    return named_classes(str(file), labels, len(labels))[1]


def _find(folder: Path, split: str, kind: str) -> Path | None:
    for prefix in FILE_PREFIXES[split]:
        found = sorted([*folder.glob(f"*{prefix}-{kind}-ubyte"), *folder.glob(f"*{prefix}-{kind}-ubyte.gz")])
        if found:
            return found[0]
    return None


def _read_array(path: Path, axes: int) -> np.ndarray:
    """A file of unsigned bytes: four bytes of magic, a big-endian size per axis, the values."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            header = file.read(4 + 4 * axes)
            if len(header) < 4 + 4 * axes or header[:4] != bytes([0, 0, UNSIGNED_BYTE, axes]):
                raise InputError(f"{path} must be an idx file of bytes with {axes} axes. Received: {header[:4]!r}.")
            sizes = struct.unpack(f">{axes}I", header[4:])
            check_memory(str(path), sizes[0], sizes[1:])
            content = file.read(math.prod(sizes) + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} must be a readable idx file. Received: {error}.") from error
    if len(content) != math.prod(sizes):
        raise InputError(f"{path} must have {math.prod(sizes)} values after its header. Received: {len(content)}.")
    return np.frombuffer(content, np.uint8).reshape(sizes)
