"""Which picture files there are: the list is Pillow's own, with the plugins that are registered with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from PIL import Image

from serving.common.array_files import SUFFIX as ARRAY
from serving.common.array_files import is_array_name
from serving.common.errors import InputError

# Channels of a picture that picture files hold, and those of them that are opacity.
MOST_CHANNELS, AND_OPACITY = 4, (2, 4)
# Formats that Pillow knows by name and cannot decode, or only with another program.
NOT_DECODED = {"BUFR", "EPS", "GRIB", "HDF5", "IPTC", "MCIDAS", "MPEG", "WMF"}
# What Pillow opens as JPEG first.
BY_JPEG = {"MPO"}
# Formats that hold any picture, grey or RGB, of any size, and those of them that hold opacity and frames too.
WRITTEN = {"AVIF", "BMP", "DIB", "GIF", "JPEG", "JPEG2000", "PCX", "PNG", "PPM", "TGA", "TIFF", "WEBP"}
WITH_OPACITY = {"AVIF", "GIF", "JPEG2000", "PNG", "TGA", "TIFF", "WEBP"}
WITH_FRAMES = {"AVIF", "GIF", "PNG", "TIFF", "WEBP"}
# Of those that are read. The second picture of MPO is a copy, or for the other eye.
HOLDING_FRAMES = {*WITH_FRAMES, "DCX", "FLI"}
# Of PPM's names those for pictures of one bit and of floats.
NOT_WRITTEN = {".pbm", ".pfm"}
# What messages show of the suffixes.
SOME_SUFFIXES = ".png, .jpg, .jpeg"
# How many suffixes of what is left out a line shows, and how many names of each.
KINDS, NAMED = 5, 3


@cache
def _formats() -> dict[str, str]:
    """Suffix -> name of a format that can be decoded."""
    Image.init()
    decoded = ({*Image.OPEN} | BY_JPEG) - NOT_DECODED
    return {suffix: name for suffix, name in Image.registered_extensions().items() if name in decoded}


def format_of(path: Path) -> str | None:
    """Pillow's name of the format that a suffix stands for, as JPEG for `.jfif`; None for no picture."""
    return _formats().get(path.suffix.lower())


def is_picture_name(path: Path) -> bool:
    """Whether a file's suffix is that of a picture that can be read."""
    return format_of(path) is not None


def read_suffixes(channels: int) -> str:
    """What a message says of the suffixes of `is_read_name`."""
    return f"{SOME_SUFFIXES}, ..." if channels <= MOST_CHANNELS else ARRAY


def is_read_name(path: Path, channels: int) -> bool:
    """Whether a file of a folder is taken for a picture of so many channels: a picture file, or an array where these
    are more than a picture file holds."""
    return is_picture_name(path) if channels <= MOST_CHANNELS else is_array_name(path)


def is_written_name(path: Path, channels: int = 3) -> bool:
    """Whether pictures of so many channels can be written to a file of this name."""
    if is_array_name(path):
        return True
    name, suffix = format_of(path), path.suffix.lower()
    holding = WITH_OPACITY if channels in AND_OPACITY else WRITTEN if channels <= MOST_CHANNELS else ()
    return name in holding and name in Image.SAVE and suffix not in NOT_WRITTEN


def check_written_name(path: Path, channels: int = 3) -> None:
    """Raises InputError if pictures of so many channels cannot be written to a file of this name, or it is a
    folder's."""
    if is_written_name(path, channels) and not path.is_dir():
        return
    if channels > MOST_CHANNELS:
        raise InputError(f"--out must end in {ARRAY} for pictures of {channels} channels. Received: {path}.")
    some = "with opacity (.png, .webp, .tif, ...)" if channels in AND_OPACITY else f"({SOME_SUFFIXES}, ...)"
    raise InputError(f"--out must be a picture file {some}. Received: {path}.")


def written_name(path: Path, channels: int = 3) -> Path:
    """The name of a translated file: its own, with `.png` behind it where its format cannot be written, or `.npy` where
    there are more channels than a picture file holds."""
    if is_written_name(path, channels):
        return path
    return path.with_name(f"{path.name}{'.png' if channels <= MOST_CHANNELS else ARRAY}")


def is_visible(path: Path) -> bool:
    """Whether no part of a relative path begins with a dot."""
    return not any(part.startswith(".") for part in path.parts)


def left_out_text(files: Iterable[Path]) -> str:
    """Files that are no pictures, counted by suffix: `2 .heic (a.heic, b.heic), 1 .txt (notes.txt)`."""
    by_suffix: dict[str, list[str]] = {}
    for file in files:
        by_suffix.setdefault(file.suffix.lower() or "without suffix", []).append(file.name)
    counted = Counter({suffix: len(names) for suffix, names in by_suffix.items()}).most_common()
    shown = [f"{count} {suffix} ({_some(by_suffix[suffix])})" for suffix, count in counted[:KINDS]]
    return ", ".join([*shown, *([f"and {len(counted) - KINDS} other suffixes"] if counted[KINDS:] else [])])


def _some(names: list[str]) -> str:
    return ", ".join([*names[:NAMED], *(["..."] if names[NAMED:] else [])])
