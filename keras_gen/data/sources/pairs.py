"""`pairs:PATH`: two pictures side by side in one file; `pairs:PATH_A,PATH_B`: a folder each, matched by name."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from keras_gen.data.arrays import conform_picture
from keras_gen.data.examples import DomainExamples, Shape, of_pairs
from keras_gen.data.files import look_at, read_file
from keras_gen.data.forms import Form
from keras_gen.data.sources.folder import split_folders, split_pair
from keras_gen.data.streams import OneSize, Stream, decoded, in_memory
from keras_gen.data.walking import found_below, say_what_is_left_out
from serving.common.errors import InputError
from serving.common.files import existing_folder
from serving.common.images import ALL
from serving.common.interpolation import some

DOMAINS = Form(
    ("pairs:PATH", "pairs:PATH_A,PATH_B"),
    "files that hold two pictures side by side, the left one of A; or two folders, matched by name",
)


def read_domains(location: str, split: str, shape: Shape) -> DomainExamples:
    """The left halves and the right halves, or the pictures of the first and of the second folder."""
    (pairs,) = stream_domains(location, split, shape)
    return of_pairs(in_memory(pairs))


def stream_domains(location: str, split: str, shape: Shape) -> tuple[Stream]:
    """The pairs of `read_domains`, decoded as they are asked for."""
    shape = shape._replace(channels=shape.channels or 3)
    name, folders = f"pairs:{location}", split_pair(location)
    if shape.frames == ALL:
        raise InputError(f"--frames must be first for {name}, whose files are matched by name. Received: all.")
    if folders is None:
        halves = list(_files(Path(location), split).values())
        for domain in (0, 1):
            few = (_half(name, shape, file, domain) for file in some(halves))
            shape.of(domain).interpolation.settle(few, shape.size)
        return (decoded(name, halves, partial(_side_by_side, name, shape)),)
    a, b = (_files(folder, split) for folder in folders)
    for files, others in ((a, b), (b, a)):
        if alone := sorted(files.keys() - others.keys()):
            more = f" and {len(alone) - 1} more" if alone[1:] else ""
            raise InputError(
                f"{name} must hold pictures of the same names in both folders. Received: {files[alone[0]]} alone{more}."
            )
    for domain, files in enumerate((a, b)):
        look_at(shape.of(domain), list(files.values()))
    in_order = [(a[key], b[key]) for key in sorted(a)]
    return (decoded(name, in_order, partial(_together, shape), places=[of_a for of_a, _ in in_order]),)


def _files(root: Path, split: str) -> dict[Path, Path]:
    """What is in the folder, by the path within it without the suffix."""
    files: dict[Path, Path] = {}
    folders = split_folders(existing_folder(root, f"pairs:{root}"), split, "pairs")
    found = [found_below(folder) for folder in folders]
    say_what_is_left_out(f"pairs:{root}", [file for one in found for file in one.others])
    for file in (file for one in found for file in one.pictures):
        first = files.setdefault(file.relative_to(root).with_suffix(""), file)
        if first != file:
            raise InputError(f"pairs:{root} must hold one picture of each name. Received: {first} and {file.name}.")
    if not files:
        raise InputError(f"pairs:{root} must hold pictures. Received: a folder without any.")
    return files


def _side_by_side(name: str, shape: Shape, file: Path) -> np.ndarray:
    """Both halves of a picture, each in the shape asked for: resampled as one they would mix at the border."""
    return np.stack([conform_picture(name, _half(name, shape, file, domain), shape.of(domain)) for domain in (0, 1)])


def _half(name: str, shape: Shape, file: Path, domain: int) -> np.ndarray:
    """The left or the right half of a picture."""
    picture = read_file(shape._replace(size=None), file)
    half, odd = divmod(picture.shape[1], 2)
    if odd or not half:
        received = f"{picture.shape[1]}x{picture.shape[0]} ({file})"
        raise InputError(f"{name} must hold two pictures of one size in each file. Received: {received}.")
    return picture[:, half:] if domain else picture[:, :half]


def _together(shape: Shape, files: tuple[Path, Path]) -> np.ndarray:
    """A picture and what belongs to it."""
    both, one_size = [read_file(shape.of(domain), file) for domain, file in enumerate(files)], OneSize()
    for picture, file in zip(both, files, strict=True):
        one_size.check(picture, str(file))
    return np.stack(both)
