"""Translates picture files, and folders of them, to another domain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from serving.common.background import Finisher, mapped
from serving.common.errors import InputError
from serving.common.files import existing_folder
from serving.common.images import MAX_PIXELS, SOME_SUFFIXES, SUFFIXES, read_with_opacity, write_picture
from serving.common.levels import Levels
from serving.translation.translator import Translator

THREADS = 2
AHEAD = 16
# Pixels, in units of a tile, that may wait for other pictures of the same size.
WAITING = 8


@dataclass
class Report:
    """What happened to the pictures of a folder.

    Attributes:
        translated: number of pictures that were written.
        present: number of pictures that existed already.
        failed: file -> one line that says what is wrong with it.
    """

    translated: int = 0
    present: int = 0
    failed: dict[Path, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Decoded:
    file: Path
    pixels: np.ndarray | None = None
    opacity: np.ndarray | None = None
    problem: str = ""


def translate_file(
    translator: Translator, source: Path, target: Path, to: str | None = None, max_pixels: int = MAX_PIXELS
) -> None:
    """Translates one picture and writes it in the format that the suffix of the target names.

    Args:
        translator: an open bundle.
        source: a picture.
        target: a file name with one of SUFFIXES.
        to: the domain to translate to.
        max_pixels: a larger picture is refused before it is decoded.

    Raises:
        InputError: the source is not a picture, too large or too small; the domain is unknown; or the suffix of the
            target is not that of a picture.
        OSError: the target cannot be written; the message names it.
    """
    check_picture_name(target)
    pixels, opacity = _read(translator, source, max_pixels)
    _write(target, _named(source, lambda: translator.translate(pixels[None], to)[0]), opacity)


def translate_folder(
    translator: Translator,
    source: Path,
    target: Path,
    to: str | None = None,
    max_pixels: int = MAX_PIXELS,
    overwrite: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> Report:
    """Translates every picture in a folder and its sub-folders, and keeps names and sub-folders.

    Pictures that exist in `target` are skipped, so the same call resumes interrupted work. Decoding and encoding run in
    threads parallel to the inference. Pictures of the same size are translated together.

    Args:
        translator: an open bundle.
        source: a folder.
        target: a folder outside of `source`.
        to: the domain to translate to.
        max_pixels: a larger picture is refused before it is decoded.
        overwrite: translate pictures that exist in `target` again.
        progress: called with the number of pictures that were finished since the last call.

    Raises:
        InputError: the folder does not exist, has no pictures or contains the target; or the domain is unknown.
    """
    translator.check_target(to)
    files = folder_pictures(source, target)
    wanted = [file for file in files if overwrite or not (target / file).exists()]
    report = Report(present=len(files) - len(wanted))
    translate_files(translator, source, target, wanted, report, to, max_pixels, progress)
    return report


def translate_files(
    translator: Translator,
    source: Path,
    target: Path,
    files: Sequence[Path],
    report: Report,
    to: str | None = None,
    max_pixels: int = MAX_PIXELS,
    progress: Callable[[int], None] = lambda done: None,
) -> None:
    """Translates pictures of a folder like `translate_folder`, and records in `report` what happened to each.

    Args:
        files: their paths inside `source`, which are also their paths inside `target`.
        report: counts and failures are added to it; failures are named by their full path.
    """

    def write(decoded: _Decoded, made: np.ndarray) -> None:
        try:
            _write(target / decoded.file.relative_to(source), made, decoded.opacity)
        except OSError as error:
            report.failed[decoded.file] = str(error)
        else:
            report.translated += 1
        progress(1)

    def decode(file: Path) -> _Decoded:
        try:
            pixels, opacity = _read(translator, file, max_pixels)
        except InputError as error:
            return _Decoded(file, problem=str(error))
        return _Decoded(file, pixels, opacity)

    wanted = [source / file for file in files]
    with closing(mapped(decode, wanted, THREADS, AHEAD)) as pictures, Finisher(1, AHEAD) as finish:
        for group in _of_one_size(pictures, translator):
            try:
                if group[0].problem:
                    raise InputError(group[0].problem)
                made = _named(group[0].file, partial(translator.translate, _stacked(group), to))
            except InputError as error:
                report.failed.update((one.file, str(error)) for one in group)
                progress(len(group))
                continue
            for one, picture in zip(group, made, strict=True):
                finish(write, one, picture)


def check_picture_name(target: Path) -> None:
    """Raises InputError if the suffix is not that of a picture, or the path is a folder."""
    if target.suffix.lower() not in SUFFIXES or target.is_dir():
        raise InputError(f"--out must be a picture file ({SOME_SUFFIXES}, ...). Received: {target}.")


def folder_pictures(source: Path, target: Path) -> list[Path]:
    """The paths of the visible pictures in a folder and its sub-folders, relative to the folder and sorted.

    Raises:
        InputError: the folder does not exist, has no pictures or contains the target; or the target is not a folder.
    """
    inside, outside = existing_folder(source).resolve(), target.resolve()
    if outside == inside or inside in outside.parents:
        raise InputError(f"--out must be a folder outside of {source}. Received: {target}.")
    if target.exists() and not target.is_dir():
        raise InputError(f"--out must be a folder where pictures of a folder are translated. Received: {target}.")
    found = (path for path in sorted(source.rglob("*")) if path.suffix.lower() in SUFFIXES and path.is_file())
    files = [path.relative_to(source) for path in found]
    visible = [file for file in files if not any(part.startswith(".") for part in file.parts)]
    if not visible:
        raise InputError(f"{source} must hold pictures ({SOME_SUFFIXES}, ...). Received: a folder without any.")
    return visible


def _of_one_size(pictures: Iterator[_Decoded], translator: Translator) -> Iterator[list[_Decoded]]:
    """Groups of pictures that are translated together; a broken picture is a group of its own."""
    limit = WAITING * translator.tile[0] * translator.tile[1]
    waiting: dict[tuple[int, ...], list[_Decoded]] = {}
    pixels = 0
    for one in pictures:
        if one.pixels is None:
            yield [one]
            continue
        height, width, _ = one.pixels.shape
        group = waiting.setdefault((height, width), [])
        group.append(one)
        pixels += height * width
        if len(group) >= translator.at_once(height, width):
            yield waiting.pop((height, width))
            pixels -= len(group) * height * width
        while pixels > limit:
            (height, width), group = max(waiting.items(), key=lambda entry: len(entry[1]) * entry[0][0] * entry[0][1])
            pixels -= len(group) * height * width
            yield waiting.pop((height, width))
    yield from waiting.values()


def _read(translator: Translator, file: Path, max_pixels: int) -> tuple[np.ndarray, np.ndarray | None]:
    image = translator.image
    return read_with_opacity(file, image.channels, max_pixels, Levels(image.value_range, keep_bytes=True))


def _stacked(group: list[_Decoded]) -> np.ndarray:
    return np.stack([one.pixels for one in group if one.pixels is not None])


def _write(target: Path, made: np.ndarray, opacity: np.ndarray | None) -> None:
    try:
        write_picture(target, made, opacity)
    except OSError as error:
        raise OSError(f"{target} must be writable. Received: {error.strerror or error}.") from error


def _named(file: Path, translate: Callable[[], np.ndarray]) -> np.ndarray:
    """Calls `translate`; an error message gets the file's name in front."""
    try:
        return translate()
    except InputError as error:
        raise InputError(f"{file}: {error}") from None
