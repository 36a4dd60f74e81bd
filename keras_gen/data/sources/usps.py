"""`usps:PATH`: a folder with `zip.train.gz` and `zip.test.gz`, scans of handwritten digits, 16x16 pixels, as text.

A line is a picture: its label, then 256 numbers from -1 (background) to 1, row by row.

Source: Hastie, Tibshirani & Friedman 2009, "The Elements of Statistical Learning", the data set "zip code".
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np

from keras_gen.data.arrays import from_arrays
from keras_gen.data.examples import Examples, MissingSplitError, Shape, splits_of
from keras_gen.data.forms import Form
from serving.common.errors import InputError
from serving.common.files import existing_folder

SOURCE = Form(("usps:PATH",), "USPS digits as text, `zip.train.gz` and `zip.test.gz`")
SIDE = 16
CLASSES = tuple("0123456789")


def read(location: str, split: str, shape: Shape) -> Examples:
    """The digits of `zip.train.gz` or `zip.test.gz`, or of both."""
    folder = existing_folder(Path(location), f"usps:{location}")
    table = np.concatenate([_read_table(folder / f"zip.{part}.gz") for part in splits_of(split)])
    images = np.rint((table[:, 1:] + 1.0) * 127.5).astype(np.uint8).reshape(-1, SIDE, SIDE)
    return from_arrays(f"usps:{location}", images, table[:, 0].astype(np.int64), shape, CLASSES)


def _read_table(path: Path) -> np.ndarray:
    """Float64, (n, 257), checked."""
    if not path.is_file():
        raise MissingSplitError(f"{path} must be a file of digits. Received: no such file.")
    try:
        with gzip.open(path, "rt", encoding="ascii") as file:
            lines = [line.split() for line in file if line.strip()]
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{path} must be gzipped text. Received: {error}.") from error
    if not lines:
        raise InputError(f"{path} must have at least one digit. Received: an empty file.")
    wanted = 1 + SIDE**2
    for number, values in enumerate(lines, start=1):
        if len(values) != wanted:
            raise InputError(f"{path} must have {wanted} numbers a digit. Received: {len(values)} for digit {number}.")
    try:
        table = np.array(lines, np.float64)
    except ValueError as error:
        raise InputError(f"{path} must have numbers alone. Received: {error}.") from error
    _check("labels from 0 to 9", path, table[:, 0], np.isin(table[:, 0], range(len(CLASSES))))
    _check("pixels from -1 to 1", path, table[:, 1:], np.abs(table[:, 1:]) <= 1)
    return table


def _check(what: str, path: Path, values: np.ndarray, good: np.ndarray) -> None:
    if not good.all():
        raise InputError(f"{path} must have {what}. Received: {values[~good][0]:g}.")
