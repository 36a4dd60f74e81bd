"""`unpaired:PATH` with the folders trainA, trainB, testA and testB; `unpaired:PATH_A,PATH_B`: a folder each."""

from __future__ import annotations

from pathlib import Path

from keras_gen.data.examples import DomainExamples, MissingSplitError, Shape, splits_of
from keras_gen.data.files import decoded_files
from keras_gen.data.forms import Form
from keras_gen.data.sources.folder import split_folders, split_pair
from keras_gen.data.streams import Stream, in_memory
from keras_gen.data.walking import found_below, say_what_is_left_out
from serving.common.errors import InputError
from serving.common.files import existing_folder

DOMAINS = Form(
    ("unpaired:PATH", "unpaired:PATH_A,PATH_B"), "the folders `trainA`, `trainB`, `testA`, `testB`; or two folders"
)


def read_domains(location: str, split: str, shape: Shape) -> DomainExamples:
    """All pictures of A and all of B; nothing is said about which belongs to which."""
    a, b = (in_memory(stream) for stream in stream_domains(location, split, shape))
    return DomainExamples(a, b, paired=False)


def stream_domains(location: str, split: str, shape: Shape) -> tuple[Stream, Stream]:
    """The pictures of `read_domains`, decoded as they are asked for."""
    name, folders = f"unpaired:{location}", split_pair(location)
    if folders is None:
        by_domain = _domains(name, existing_folder(Path(location), name), split)
    else:
        by_domain = [split_folders(existing_folder(folder), split, "unpaired") for folder in folders]
    shape = shape._replace(channels=shape.channels or 3)
    a, b = (decoded_files(name, _files(name, of), shape.of(domain)) for domain, of in enumerate(by_domain))
    return a, b


def _domains(name: str, root: Path, split: str) -> list[list[Path]]:
    """Folders of A and of B in one."""
    by_domain = [[root / f"{part}{domain}" for part in splits_of(split)] for domain in "AB"]
    present = [[folder for folder in of_domain if folder.is_dir()] for of_domain in by_domain]
    for wanted, found in zip(by_domain, present, strict=True):
        if not found:
            error = InputError if any(present) else MissingSplitError
            raise error(f"{name} must have the folder {wanted[0].name}. Received: no {wanted[0]}.")
    return present


def _files(name: str, folders: list[Path]) -> list[Path]:
    found = [found_below(folder) for folder in folders]
    say_what_is_left_out(name, [file for one in found for file in one.others])
    files = [file for one in found for file in one.pictures]
    if not files:
        raise InputError(f"{name} must hold pictures of both domains. Received: a folder without any, {folders[0]}.")
    return files
