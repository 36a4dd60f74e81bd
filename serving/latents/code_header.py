"""The header of a file of codes, and the file names in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from serving.common.errors import InputError
from serving.latents.quantization import MOST_BITS
from serving.latents.range_coder import MOST_KINDS

# Levels are packed, or coded by their frequencies; readers of before know the first alone.
PACKED, CODED = 1, 2
FORMAT_VERSION = CODED
KEYS = {"format_version", "decoder", "image", "number", "latent_size", "bits", "names", "label"}
CODED_BYTES = "coded_bytes"
# Levels that a file may hold where its length does not say how many: repeated ones take next to nothing.
MOST_LEVELS = 2**26
# What separates folders or drives on any operating system.
SEPARATORS = "/\\:"
LARGEST = 2**31 - 1
MOST_CODED_BITS = MOST_KINDS.bit_length() - 1


def parse_header(text: bytes) -> dict[str, Any]:
    """Parses the header and checks the type and range of every entry.

    Raises:
        InputError: it is not JSON, has a newer format, or has entries that are missing, unknown or not valid.
    """
    try:
        header = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("a file of codes must have a header of JSON. Received: something else.") from None
    if not isinstance(header, dict) or not _whole(header.get("format_version")):
        raise InputError("the header must state a format_version. Received: a header without one.")
    if header["format_version"] > FORMAT_VERSION:
        raise InputError(
            f"format_version must be at most {FORMAT_VERSION}. Received: {header['format_version']}; update keras-gen."
        )
    keys = KEYS | ({CODED_BYTES} if header["format_version"] == CODED else set())
    if header.keys() != keys:
        raise InputError(f"the header must have {', '.join(sorted(keys))}. Received: other entries.")
    _check_entries(header)
    check_names(header["names"], header["number"])
    return header


def _check_entries(header: dict[str, Any]) -> None:
    image, decoder, label = header["image"], header["decoder"], header["label"]
    valid = {
        "number": _whole(header["number"]),
        "latent_size": _whole(header["latent_size"]),
        "bits": _whole(header["bits"]) and header["bits"] <= MOST_BITS,
        "label": label is None or (label is not False and (label == 0 or _whole(label))),
        "image": isinstance(image, list) and len(image) == 3 and all(map(_whole, image)),
        "decoder": isinstance(decoder, str) and len(decoder) == 64 and not set(decoder) - set("0123456789abcdef"),
    }
    if CODED_BYTES in header:
        valid["bits"] &= header["bits"] <= MOST_CODED_BITS
        valid[CODED_BYTES] = _whole(header[CODED_BYTES])
        valid["number"] &= valid["latent_size"] and header["number"] * header["latent_size"] <= MOST_LEVELS
    for key, right in valid.items():
        if not right:
            raise InputError(f"the header must have a valid {key}. Received: {str(header[key])[:60]!r}.")


def check_names(names: Any, n: int) -> None:
    """Raises InputError unless there are `n` different names, none of which can refer to another folder."""
    if not isinstance(names, list) or len(names) != n or not all(isinstance(name, str) for name in names):
        raise InputError(f"there must be one name for each of {n} codes. Received: another list.")
    for name in names:
        if name in ("", ".", "..") or name != _plain(name):
            raise InputError(f"names must be plain, without separators. Received: {name[:60]!r}.")
    if len({name.casefold() for name in names}) != n:
        raise InputError("names must be distinct. Received: one twice.")


def distinct_names(paths: Sequence[Path]) -> list[str]:
    """Different names for pictures, from the stems of their files; separators and unprintable characters become `_`.

    A name that is used already, in upper or lower case, becomes `name-2`, `name-3`, ...
    """
    names: list[str] = []
    taken: set[str] = set()
    for path in paths:
        stem = name = _plain(path.stem)
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def _plain(name: str) -> str:
    return "".join("_" if mark in SEPARATORS or not mark.isprintable() else mark for mark in name)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST
