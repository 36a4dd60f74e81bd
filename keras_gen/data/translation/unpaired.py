"""`unpaired:PATH` with the folders trainA, trainB, testA and testB; `unpaired:PATH_A,PATH_B`: a folder each."""

from __future__ import annotations

from pathlib import Path

from keras_gen.data.examples import Examples, Shape
from keras_gen.data.folder import SPLITS, decode_all, split_folders
from keras_gen.data.translation.folders import split_pair
from serving.errors import InputError
from serving.images import picture_files


def read(location: str, split: str, shape: Shape) -> tuple[Examples, Examples]:
    """All pictures of A and all of B; nothing is said about which belongs to which."""
    shape = shape._replace(channels=shape.channels or 3)
    name = f"unpaired:{location}"
    folders = split_pair(location)
    if folders is None:
        parts = SPLITS if split == "all" else (split,)
        by_domain = [[Path(location) / f"{part}{domain}" for part in parts] for domain in "AB"]
        if split == "all":
            by_domain = [[folder for folder in of_domain if folder.is_dir()] or of_domain for of_domain in by_domain]
    else:
        by_domain = [split_folders(_existing(name, folder), split, "unpaired") for folder in folders]
    a, b = (Examples(decode_all(_files(name, of_domain), shape)) for of_domain in by_domain)
    return a, b


def _files(name: str, folders: list[Path]) -> list[Path]:
    files = [file for folder in folders for file in picture_files(_existing(name, folder))]
    if not files:
        raise InputError(f"{name} must hold pictures of both domains. Received: none in {folders[0]}.")
    return files


def _existing(name: str, folder: Path) -> Path:
    if not folder.is_dir():
        raise InputError(f"{name} must have the folder {folder.name}. Received: no {folder}.")
    return folder
