"""Translates picture files, and folders of them, to another domain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from serving.common.background import Finisher, mapped
from serving.common.errors import InputError
from serving.common.files import existing_folder
from serving.common.formats import (
    check_written_name,
    is_read_name,
    is_visible,
    read_suffixes,
    written_name,
)
from serving.common.frames import Frames, check_frames, read_frames, write_frames
from serving.common.images import ALL, MAX_PIXELS
from serving.common.levels import Levels
from serving.translation.enlarging import enlarged_frames
from serving.translation.masks import Masks
from serving.translation.translator import Translator

Made = TypeVar("Made")
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
        left_out: visible files that are no pictures, or of a format that Pillow does not read.
    """

    translated: int = 0
    present: int = 0
    failed: dict[Path, str] = field(default_factory=dict)
    left_out: list[Path] = field(default_factory=list)


@dataclass(frozen=True)
class _Made:
    """A file's translation, and its masks where they are wanted."""

    frames: Frames
    masks: Frames | None = None


@dataclass(frozen=True)
class _Decoded:
    file: Path
    frames: Frames | None = None
    problem: str = ""

    @property
    def single(self) -> np.ndarray | None:
        """The picture of a file that has one."""
        return self.frames.pictures[0] if self.frames is not None and len(self.frames.pictures) == 1 else None


def translate_file(
    translator: Translator,
    source: Path,
    target: Path,
    to: str | None = None,
    max_pixels: int = MAX_PIXELS,
    frames: str = ALL,
    masks: Masks | None = None,
    enlarge: int = 1,
    attention: Path | None = None,
) -> None:
    """Translates one picture, or every frame of an animation, and writes it in the format that the suffix of the target
    names; `.npy` is an array (height, width, channels), and the only one for more than four channels.

    Args:
        translator: an open bundle.
        source: a picture.
        target: a file name of a format that can be written.
        to: the domain to translate to.
        max_pixels: a larger picture is refused before it is decoded; of an animation, all frames together.
        frames: of a file with several: `all`, with their timing, or the `first`.
        masks: where it is translated, and where it is kept; of the size of the result.
        enlarge: every pixel is shown as so many by so many first, for a network that enlarges pictures.
        attention: a file name for the mask of a model with attention, as `Translator.attended` gives it.

    Raises:
        InputError: the source is not a picture, too large or too small; the domain is unknown; the suffix of the
            target is not that of a picture, or of one that holds as many frames; the mask has another size; or the
            model has no attention.
        OSError: the target cannot be written; the message names it.
    """
    check_written_name(target, translator.made_channels(to))
    if attention is not None:
        translator.check_attention(to)
        check_written_name(attention, 1)
    given = _read(translator, source, max_pixels, frames, enlarge)
    for written in (target, attention):
        if written is not None:
            check_frames(source, written, given)
    both = _named(source, lambda: _translated(translator, given, to, attention is not None))
    made = both.frames
    if masks is not None:
        made = _named(source, lambda: masks.kept(Path(source.name), given, made))
    if attention is not None and both.masks is not None:
        _write(attention, both.masks)
    _write(target, made)


def translate_folder(
    translator: Translator,
    source: Path,
    target: Path,
    to: str | None = None,
    max_pixels: int = MAX_PIXELS,
    overwrite: bool = False,
    frames: str = ALL,
    progress: Callable[[int], None] = lambda done: None,
    masks: Masks | None = None,
    enlarge: int = 1,
    behind: str = "",
    attention: Path | None = None,
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
        frames: of a file with several: `all`, with their timing, or the `first`.
        progress: called with the number of pictures that were finished since the last call.
        masks: where each is translated, and where it is kept; what has no mask of its size fails.
        enlarge: as `translate_file`.
        behind: what the names of written files have behind their stem, such as `_1`.
        attention: a folder outside of `source` for the masks of a model with attention, under the names of the
            translations; those of pictures that are skipped are not written.

    Raises:
        InputError: the folder does not exist, has no pictures or contains the target; the domain is unknown; or the
            model has no attention.
    """
    translator.check_target(to)
    wanted, report = still_missing(translator, source, target, to, overwrite, behind)
    if attention is not None:
        translator.check_attention(to)
        check_outside(source, attention, "--attention")
    how = (to, max_pixels, frames, progress, masks, enlarge, behind, attention)
    translate_files(translator, source, target, wanted, report, *how)
    return report


def translate_files(
    translator: Translator,
    source: Path,
    target: Path,
    files: Sequence[Path],
    report: Report,
    to: str | None = None,
    max_pixels: int = MAX_PIXELS,
    frames: str = ALL,
    progress: Callable[[int], None] = lambda done: None,
    masks: Masks | None = None,
    enlarge: int = 1,
    behind: str = "",
    attention: Path | None = None,
) -> None:
    """Translates pictures of a folder like `translate_folder`, and records in `report` what happened to each.

    Args:
        files: their paths inside `source`, which are also their paths inside `target`, with `.png` or `.npy` behind
            those of a format that does not hold the translation.
        report: counts and failures are added to it; failures are named by their full path.
    """

    channels = translator.made_channels(to)

    def write(decoded: _Decoded, both: _Made) -> None:
        file, made = decoded.file.relative_to(source), both.frames
        try:
            if masks is not None and decoded.frames is not None:
                given = decoded.frames
                made = _named(decoded.file, lambda: masks.kept(file, given, made))
            # First, since a translation that is there is not made again.
            if attention is not None and both.masks is not None:
                _write(attention / with_stem(written_name(file, 1), behind), both.masks)
            _write(target / with_stem(written_name(file, channels), behind), made)
        except (OSError, InputError) as error:
            report.failed[decoded.file] = str(error)
        else:
            report.translated += 1
        progress(1)

    def decode(file: Path) -> _Decoded:
        try:
            given = _read(translator, file, max_pixels, frames, enlarge)
        except InputError as error:
            return _Decoded(file, problem=str(error))
        return _Decoded(file, given)

    wanted = [source / file for file in files]
    with closing(mapped(decode, wanted, THREADS, AHEAD)) as pictures, Finisher(1, AHEAD) as finish:
        for group in _of_one_size(pictures, translator):
            try:
                if group[0].problem:
                    raise InputError(group[0].problem)
                made = _named(group[0].file, partial(_group_translated, translator, group, to, attention is not None))
            except InputError as error:
                report.failed.update((one.file, str(error)) for one in group)
                progress(len(group))
                continue
            for one, whole in zip(group, made, strict=True):
                finish(write, one, whole)


def with_stem(file: Path, behind: str) -> Path:
    """A file's name with more behind its stem: `zebra_1.png` of `zebra.png`."""
    return file.with_name(f"{file.stem}{behind}{file.suffix}")


def still_missing(
    translator: Translator, source: Path, target: Path, to: str | None, overwrite: bool, behind: str = ""
) -> tuple[list[Path], Report]:
    """The visible pictures in a folder and its sub-folders that are yet to be translated, and a report that counts the
    others and has what is left out; paths are relative to the folder and sorted.

    Args:
        translator: an open bundle; pictures of more than four channels are in arrays alone.
        source: a folder.
        target: a folder outside of `source`.
        to: the domain to translate to.
        overwrite: translate pictures that exist in `target` again.
        behind: as for `translate_folder`.

    Raises:
        InputError: the folder does not exist, has no pictures or contains the target; the target is not a folder; or
            the domain is unknown.
    """
    check_outside(source, target, "--out")
    files = (path.relative_to(source) for path in sorted(source.rglob("*")) if path.is_file())
    channels = translator.image.channels
    pictures: list[Path] = []
    others: list[Path] = []
    for file in filter(is_visible, files):
        (pictures if is_read_name(file, channels) else others).append(file)
    if not pictures:
        kinds = read_suffixes(channels)
        raise InputError(f"{source} must hold pictures ({kinds}). Received: a folder without any.")
    made = translator.made_channels(to)
    names = {file: with_stem(written_name(file, made), behind) for file in pictures}
    wanted = [file for file in pictures if overwrite or not (target / names[file]).exists()]
    return wanted, Report(present=len(pictures) - len(wanted), left_out=others)


def check_outside(source: Path, target: Path, option: str) -> None:
    """Raises InputError for what is to be written inside the folder that is read, or is no folder.

    Args:
        source: a folder.
        target: what an option names.
        option: its name.
    """
    inside, outside = existing_folder(source).resolve(), target.resolve()
    if outside == inside or inside in outside.parents:
        raise InputError(f"{option} must be a folder outside of {source}. Received: {target}.")
    if target.exists() and not target.is_dir():
        raise InputError(f"{option} must be a folder where pictures of a folder are translated. Received: {target}.")


def _of_one_size(pictures: Iterator[_Decoded], translator: Translator) -> Iterator[list[_Decoded]]:
    """Groups of pictures that are translated together; a broken file, or an animation, is a group of its own."""
    limit = WAITING * translator.tile[0] * translator.tile[1]
    waiting: dict[tuple[int, ...], list[_Decoded]] = {}
    pixels = 0
    for one in pictures:
        if one.single is None:
            yield [one]
            continue
        height, width, _ = one.single.shape
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


def _read(translator: Translator, file: Path, max_pixels: int, frames: str, enlarge: int) -> Frames:
    image = translator.image
    found = read_frames(file, image.channels, max_pixels, Levels(image.value_range, keep_bytes=True), frames)
    return enlarged_frames(found, enlarge)


def _group_translated(translator: Translator, group: list[_Decoded], to: str | None, attended: bool) -> list[_Made]:
    """Files of one picture each, all of one size, or one file of several."""
    singles = [one.single for one in group if one.single is not None]
    whole = [one.frames for one in group if one.frames is not None]
    if not singles:
        return [_translated(translator, frames, to, attended) for frames in whole]
    made, masks = _answered(translator, np.stack(singles), to, attended)
    return [
        _as_frames(frames, made[index : index + 1], masks[index : index + 1] if attended else [])
        for index, frames in enumerate(whole)
    ]


def _translated(translator: Translator, frames: Frames, to: str | None, attended: bool) -> _Made:
    """All frames of a file."""
    if frames.of_one_size:
        return _as_frames(frames, *_answered(translator, np.stack(frames.pictures), to, attended))
    parts = [_answered(translator, picture[None], to, attended) for picture in frames.pictures]
    made, masks = ([picture for part in parts for picture in part[side]] for side in (0, 1))
    return _as_frames(frames, made, masks)


def _answered(
    translator: Translator, images: np.ndarray, to: str | None, attended: bool
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Translations of pictures, and their masks or nothing."""
    if not attended:
        return list(translator.translate(images, to)), []
    made, masks = translator.attended(images, to)
    return list(made), list(masks)


def _as_frames(given: Frames, made: list[np.ndarray], masks: list[np.ndarray]) -> _Made:
    """What was made of the frames of a file, shown as long as they were; masks are grey and opaque."""
    of_masks = replace(given, pictures=[mask[..., None] for mask in masks], opacities=[None for _ in masks])
    return _Made(replace(given, pictures=made), of_masks if masks else None)


def _write(target: Path, made: Frames) -> None:
    try:
        write_frames(target, made)
    except OSError as error:
        raise OSError(f"{target} must be writable. Received: {error.strerror or error}.") from error


def _named(file: Path, translate: Callable[[], Made]) -> Made:
    """Calls `translate`; an error message gets the file's name in front."""
    try:
        return translate()
    except InputError as error:
        raise InputError(f"{file}: {error}") from None
