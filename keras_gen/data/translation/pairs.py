"""`pairs:PATH`: two pictures side by side in one file; `pairs:PATH_A,PATH_B`: a folder each, matched by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from keras_gen.data.examples import Examples, Shape, conform_picture
from keras_gen.data.folder import decode_all, split_folders
from keras_gen.data.translation.folders import split_pair
from serving.errors import InputError
from serving.files import existing_folder
from serving.images import picture_files, read_image


def read(location: str, split: str, shape: Shape) -> tuple[Examples, Examples]:
    """The left halves and the right halves, or the pictures of the first and of the second folder."""
    shape = shape._replace(channels=shape.channels or 3)
    name, folders = f"pairs:{location}", split_pair(location)
    if folders is None:
        return _halves(name, list(_files(Path(location), split).values()), shape)
    a, b = (_files(folder, split) for folder in folders)
    for files, others in ((a, b), (b, a)):
        if alone := sorted(files.keys() - others.keys()):
            more = f" and {len(alone) - 1} more" if alone[1:] else ""
            raise InputError(
                f"{name} must hold pictures of the same names in both folders. Received: {files[alone[0]]} alone{more}."
            )
    in_order = ([files[key] for key in sorted(a)] for files in (a, b))
    of_a, of_b = (Examples(decode_all(files, shape)) for files in in_order)
    return of_a, of_b


def _files(root: Path, split: str) -> dict[Path, Path]:
    """What is in the folder, by the path within it without the suffix."""
    files: dict[Path, Path] = {}
    folders = split_folders(existing_folder(root, f"pairs:{root}"), split, "pairs")
    for file in (file for folder in folders for file in picture_files(folder)):
        first = files.setdefault(file.relative_to(root).with_suffix(""), file)
        if first != file:
            raise InputError(f"pairs:{root} must hold one picture of each name. Received: {first} and {file.name}.")
    if not files:
        raise InputError(f"pairs:{root} must hold pictures. Received: none.")
    return files


def _halves(name: str, files: list[Path], shape: Shape) -> tuple[Examples, Examples]:
    def side_by_side(file: Path, size: tuple[int, int] | None, channels: int | None) -> np.ndarray:
        """Both halves in the shape asked for, one behind the other in the channels."""
        picture = read_image(file, None, channels)
        half, odd = divmod(picture.shape[1], 2)
        if odd or not half:
            received = f"{picture.shape[1]}x{picture.shape[0]} ({file})"
            raise InputError(f"{name} must hold two pictures of one size in each file. Received: {received}.")
        parts = (picture[:, :half], picture[:, half:])
        return np.concatenate([conform_picture(part, Shape(size, channels)) for part in parts], axis=2)

    both = decode_all(files, shape, side_by_side)
    return Examples(both[..., : shape.channels]), Examples(both[..., shape.channels :])
