"""Translates frames as they come: from a camera or a network stream, and from a pipe of raw frames."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from serving.common.errors import InputError
from serving.translation.translator import Translator
from serving.translation.video import Work, check_channels, check_target, translate_opened
from serving.translation.video_colours import grey_of
from serving.translation.video_frames import Reader

# What FFmpeg calls cameras.
DEVICES = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
RGB = 3


def translate_camera(translator: Translator, camera: str, target: Path | BinaryIO, work: Work) -> int:
    """Translates what a camera or a stream shows, until `work.wanted` says no more.

    Args:
        translator: an open bundle.
        camera: the number of a camera, the file of a device, FORMAT:NAME of one of FFmpeg's input devices, or a URL.
        target: a file name of a video; or where raw frames are written, each when it is made.
        work: what is done with the frames.

    Returns:
        The number of frames.

    Raises:
        InputError: there is no such camera, or what `translate_video` refuses.
    """
    import av

    check_channels(translator, work.to)
    if isinstance(target, Path):
        check_target(target)
    name, kind = device_of(camera)
    try:
        given = av.open(name, format=kind)
    except (av.error.FFmpegError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise InputError(
            f"--camera must be a camera or a stream that can be opened. Received: {camera}: {said}."
        ) from (error)
    with given:
        if not given.streams.video:
            raise InputError(f"--camera {camera} must show pictures. Received: a stream without video.")
        try:
            return _shown(av, translator, given, camera, target, replace(work, live=True))
        except av.error.FFmpegError as error:
            raise InputError(f"--camera {camera} must go on. Received: {error.strerror}.") from error


def _shown(av: Any, translator: Translator, given: Any, camera: str, target: Path | BinaryIO, work: Work) -> int:
    if isinstance(target, Path):
        return translate_opened(av, translator, given, Path(camera), target, work)
    reader = Reader(av, given, Path(camera), translator.image.channels, frozenset(), keep_going=False)
    return _written((content[1] for _, content in reader), target, work)


def translate_raw(translator: Translator, source: BinaryIO, target: BinaryIO, size: tuple[int, int], work: Work) -> int:
    """Translates raw frames of RGB, 3 bytes a pixel, row by row, and writes each when it is made.

    Args:
        translator: an open bundle of grey or RGB pictures.
        source: where frames are read.
        target: where they are written.
        size: (height, width).
        work: what is done with the frames.

    Returns:
        The number of frames.

    Raises:
        InputError: the last frame is not whole.
    """
    check_channels(translator, work.to)
    return _written(_raw_frames(source, size, translator.image.channels), target, work)


def device_of(camera: str) -> tuple[str, str | None]:
    """What FFmpeg calls a camera: its name, and the format of its kind."""
    system = next((kind for platform, kind in DEVICES.items() if sys.platform.startswith(platform)), None)
    if camera.isdigit():
        return (f"/dev/video{camera}" if system == "v4l2" else camera), system
    if "://" in camera:
        return camera, None
    kind, _, name = camera.partition(":")
    return (name, kind) if name else (camera, system)


def _raw_frames(source: BinaryIO, size: tuple[int, int], channels: int) -> Iterator[np.ndarray]:
    length = size[0] * size[1] * RGB
    while content := _whole(source, length):
        if len(content) < length:
            raise InputError(f"raw frames must have {length} bytes each. Received: {len(content)} in the last one.")
        pixels = np.frombuffer(content, np.uint8).reshape(*size, RGB)
        yield pixels if channels == RGB else grey_of(pixels)


def _whole(source: BinaryIO, length: int) -> bytes:
    """So many bytes, or all that are left: a pipe gives them in parts."""
    parts = []
    while length and (part := source.read(length)):
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _written(frames: Iterator[np.ndarray], target: BinaryIO, work: Work) -> int:
    count = 0
    for pixels in frames:
        made = work.make(pixels[None])[0]
        target.write(np.ascontiguousarray(made.repeat(RGB // made.shape[2], axis=2)).tobytes())
        target.flush()
        count += 1
        work.progress(1)
        if not work.wanted(count):
            break
    return count


def until(count: int | None, stopped: Callable[[], bool]) -> Callable[[int], bool]:
    """Whether another frame is wanted after so many."""
    return lambda done: not stopped() and (count is None or done < count)


def frames_of(text: str) -> tuple[int, int]:
    """(height, width) of a text such as 640x480.

    Raises:
        InputError: it is none, or a side is below 2.
    """
    sides: list[Any] = text.lower().split("x")
    if len(sides) != 2 or not all(side.isdigit() and int(side) >= 2 for side in sides):
        raise InputError(f"--raw must be the width and height of the frames, such as 640x480. Received: {text!r}.")
    return int(sides[1]), int(sides[0])
