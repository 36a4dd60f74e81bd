"""`unpaired:PATH` with the folders trainA, trainB, testA and testB; `unpaired:PATH_A,PATH_B`: a folder each."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from keras_gen.data.examples import MissingSplitError, Shape
from keras_gen.data.folder import SPLITS, split_folders
from keras_gen.data.streams import Stream, decoded, in_memory
from keras_gen.data.translation.both import Both
from keras_gen.data.translation.folders import split_pair
from serving.common.errors import InputError
from serving.common.files import existing_folder
from serving.common.images import picture_files, read_image


def read(location: str, split: str, shape: Shape) -> Both:
    """All pictures of A and all of B; nothing is said about which belongs to which."""
    a, b = (in_memory(stream) for stream in streams(location, split, shape))
    return Both(a, b, paired=False)


def streams(location: str, split: str, shape: Shape) -> tuple[Stream, Stream]:
    """The pictures of `read`, decoded as they are asked for."""
    name, folders = f"unpaired:{location}", split_pair(location)
    if folders is None:
        by_domain = _domains(name, existing_folder(Path(location), name), split)
    else:
        by_domain = [split_folders(existing_folder(folder), split, "unpaired") for folder in folders]
    decode = partial(read_image, size=shape.size, channels=shape.channels or 3)
    a, b = (decoded(name, _files(name, of_domain), decode) for of_domain in by_domain)
    return a, b


def _domains(name: str, root: Path, split: str) -> list[list[Path]]:
    """Folders of A and of B in one."""
    parts = SPLITS if split == "all" else (split,)
    by_domain = [[root / f"{part}{domain}" for part in parts] for domain in "AB"]
    present = [[folder for folder in of_domain if folder.is_dir()] for of_domain in by_domain]
    for wanted, found in zip(by_domain, present, strict=True):
        if not found:
            error = InputError if any(present) else MissingSplitError
            raise error(f"{name} must have the folder {wanted[0].name}. Received: no {wanted[0]}.")
    return present


def _files(name: str, folders: list[Path]) -> list[Path]:
    files = [file for folder in folders for file in picture_files(folder)]
    if not files:
        raise InputError(f"{name} must hold pictures of both domains. Received: none in {folders[0]}.")
    return files
