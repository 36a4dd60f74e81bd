"""The codes of pictures that a bundle brings, beside its networks."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from serving.bundle.manifest import Atlas, Manifest, Stored
from serving.bundle.verified import read_verified
from serving.common.errors import InputError
from serving.common.images import MAX_PIXELS, opened
from serving.common.levels import Levels


@dataclass(frozen=True)
class StoredCodes:
    """Codes of pictures of a data set.

    Attributes:
        codes: float32 (n, latent size).
        labels: int64 (n,), of the data's classes; None for data without labels.
        pictures: uint8 (n, height, width, 1 or 3), made small.
        source: what the data set was called.
    """

    codes: np.ndarray
    labels: np.ndarray | None
    pictures: np.ndarray
    source: str


def read_codes(bundle: str | Path, manifest: Manifest | None = None) -> StoredCodes:
    """The codes that a bundle brings, after their files were compared with the manifest.

    Args:
        bundle: folder written by `keras-gen export --codes`.
        manifest: of the bundle, where it was read already.

    Raises:
        InputError: a bundle without codes, or a file that is missing, altered, or not what the manifest says.
    """
    folder = Path(bundle)
    manifest = manifest or Manifest.read(folder)
    stored = manifest.codes
    if stored is None or manifest.latent is None:
        raise InputError(f"{folder} must bring codes, as export --codes writes them. Received: a bundle without any.")
    codes = _array(folder, stored, np.dtype("<f4"), (stored.count, manifest.latent.size))
    if not np.isfinite(codes).all():
        raise InputError(f"{folder / stored.file} must hold finite codes. Received: nan or inf.")
    labels = None if stored.labels is None else _labels(folder, stored.labels, stored.count)
    return StoredCodes(codes, labels, _pictures(folder, stored.atlas, stored.count), stored.source)


def atlas_of(pictures: np.ndarray, columns: int) -> np.ndarray:
    """Pictures (n, height, width, channels) row by row, the last row filled up with black."""
    n, height, width, channels = pictures.shape
    rows = -(-n // columns)
    cells = np.zeros((rows * columns, height, width, channels), pictures.dtype)
    cells[:n] = pictures
    turned = cells.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return turned.reshape(rows * height, columns * width, channels)


def _labels(folder: Path, stored: Stored, count: int) -> np.ndarray:
    labels = _array(folder, stored, np.dtype("<i8"), (count,))
    if labels.min() < 0:
        raise InputError(f"{folder / stored.file} must hold labels from 0 on. Received: {labels.min()}.")
    return labels


def _array(folder: Path, stored: Stored, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    path, content = folder / stored.file, read_verified(folder, stored)
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{path} must be a .npy file. Received: {' '.join(str(error).split())[:120]}") from error
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.shape != shape:
        received = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else "an archive of arrays"
        raise InputError(f"{path} must hold {dtype.name} {shape}. Received: {received}.")
    return array


def _pictures(folder: Path, atlas: Atlas, count: int) -> np.ndarray:
    path, content = folder / atlas.file, read_verified(folder, atlas)
    height, width = atlas.tile
    rows, columns = -(-count // atlas.columns), atlas.columns
    wanted = (columns * width, rows * height)
    with opened(content, MAX_PIXELS, Levels()) as image:
        if image.size != wanted or image.mode not in ("L", "RGB"):
            raise InputError(
                f"{path} must be grey or RGB, {wanted[0]}x{wanted[1]}. Received: {image.mode}, "
                f"{image.width}x{image.height}."
            )
        pixels = np.asarray(image)
    cells = pixels.reshape(rows, height, columns, width, -1).swapaxes(1, 2)
    return cells.reshape(rows * columns, height, width, -1)[:count]
