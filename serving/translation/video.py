"""Translates a video to another domain, frame by frame. Needs PyAV: `pip install 'keras-gen[video]'`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from serving.common.background import Finisher, ahead_of
from serving.common.errors import InputError
from serving.common.files import whole_file
from serving.translation.enlarging import enlarged
from serving.translation.masks import masked
from serving.translation.steady import Steady
from serving.translation.translator import Translator
from serving.translation.video_frames import Reader
from serving.translation.video_writer import Writer

SUFFIXES = (".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v")
AHEAD = 2


def is_video(path: Path) -> bool:
    """Whether a file has the suffix of a video."""
    return path.suffix.lower() in SUFFIXES


@dataclass(frozen=True)
class Work:
    """What is done with the frames of a video, and who is told.

    Attributes:
        make: frames, uint8 (n, height, width, channels), to their translations; called in the order of the frames.
        to: the domain that they are translated to.
        wanted: whether another frame is wanted, given the number of those that are done.
        progress: called with the number of frames that were finished since the last call.
        say: called with a line for every track that is left out or not as it was.
        damaged: called with a line where a video is damaged, of which what can be read is written then; None refuses.
        live: times begin with the first frame.
    """

    make: Callable[[np.ndarray], np.ndarray]
    to: str | None = None
    wanted: Callable[[int], bool] = lambda done: True
    progress: Callable[[int], None] = lambda done: None
    say: Callable[[str], None] = lambda line: None
    damaged: Callable[[str], None] | None = None
    live: bool = False


def maker(
    translator: Translator,
    to: str | None = None,
    steady: Steady | None = None,
    mask: np.ndarray | None = None,
    enlarge: int = 1,
) -> Callable[[np.ndarray], np.ndarray]:
    """What translates frames.

    Args:
        translator: an open bundle.
        to: the domain to translate to.
        steady: carries from frame to frame.
        mask: uint8 (height, width): 255 is translated, 0 is kept.
        enlarge: every pixel is shown as so many by so many first, for a network that enlarges pictures.

    Raises:
        InputError: the domain is unknown.
    """
    translator.check_target(to)

    def make(frames: np.ndarray) -> np.ndarray:
        frames = enlarged(frames, enlarge)
        made = translator.translate(frames, to) if steady is None else steady.translate(frames)
        return made if mask is None else masked(frames, made, mask)

    return make


def translate_video(
    translator: Translator,
    source: Path,
    target: Path,
    to: str | None = None,
    progress: Callable[[int], None] = lambda done: None,
    say: Callable[[str], None] = lambda line: None,
    damaged: Callable[[str], None] | None = None,
    steady: bool = False,
    mask: np.ndarray | None = None,
    enlarge: int = 1,
) -> int:
    """Translates every frame of a video.

    The time of each frame, the size, the shape of the pixels, the matrix, range and tags of the colours, and all tracks
    of sound and subtitles that the container takes are kept. Sound that it does not take is written in the codec that
    it takes by itself. Frames that are shown turned or mirrored are written upright. Decoding and encoding run in
    threads parallel to the inference.

    Args:
        translator: an open bundle.
        source: a video of standard dynamic range.
        target: a file name with one of SUFFIXES.
        to: the domain to translate to.
        progress: called with the number of frames that were finished since the last call.
        say: called with a line for every track that is left out or not as it was.
        damaged: called with a line where a video is damaged, of which what can be read is written then; by default it
            is refused.
        steady: carry normalization statistics and what does not change from frame to frame, so that the translation
            does not flicker; see `serving.translation.steady`.
        mask: uint8 (height, width), what is translated of every frame: 255 is, 0 is kept.
        enlarge: as `maker`.

    Returns:
        The number of frames.

    Raises:
        InputError: the source is not a video, has no frames or is damaged, or its colours are of high dynamic range;
            the domain is unknown, or pictures are neither grey nor RGB; the target has not the suffix of a video, or is
            the source; or the mask has another size.
    """
    import av

    check_channels(translator, to)
    check_target(target)
    if target.exists() and target.samefile(source):
        raise InputError(f"--out must be another file than the video itself. Received: {target}.")
    steadily = Steady(translator, to) if steady else None
    work = Work(maker(translator, to, steadily, mask, enlarge), to, progress=progress, say=say, damaged=damaged)
    try:
        with av.open(str(source)) as given:
            if not given.streams.video:
                raise InputError(f"{source} must have a video stream. Received: a file without one.")
            frames = translate_opened(av, translator, given, source, target, work)
    except av.error.FFmpegError as error:
        raise InputError(
            f"{source} must be a readable video. Received: {type(error).__name__}: {error.strerror}."
        ) from error
    if steadily is not None and 1 < steadily.frames == steadily.scenes:
        say(f"{source}: every frame begins a new scene, so each is translated by itself.")
    return frames


def check_channels(translator: Translator, to: str | None) -> None:
    """Raises InputError for a bundle whose pictures, on either side, are neither grey nor RGB."""
    for channels in (translator.image.channels, translator.made_channels(to)):
        if channels not in (1, 3):
            raise InputError(
                f"a video must be translated by a bundle of grey or RGB pictures. Received: {channels} channels."
            )


def check_target(target: Path) -> None:
    """Raises InputError for what has not the name of a video."""
    if not is_video(target) or target.is_dir():
        raise InputError(f"--out must be a video file ({', '.join(SUFFIXES)}). Received: {target}.")


def translate_opened(av: Any, translator: Translator, given: Any, source: Path, target: Path, work: Work) -> int:
    """Translates what is open.

    Args:
        av: the module.
        translator: an open bundle.
        given: a container with a video stream.
        source: its name, for messages.
        target: the file to write.
        work: what is done with the frames.

    Returns:
        The number of frames.

    Raises:
        InputError: as `translate_video`.
    """
    frames = 0
    with (
        whole_file(target) as temporary,
        Writer(av, temporary, given, target, source) as writer,
        # With one thread, frames and sound are written in order.
        Finisher(1, AHEAD) as finish,
    ):
        channels, keep_going = translator.image.channels, work.damaged is not None
        reader = Reader(av, given, source, channels, frozenset(writer.tracks), keep_going, work.live)
        # The reading thread must have ended when the video is closed.
        with closing(ahead_of(_pieces(reader, translator), AHEAD)) as pieces:
            for kind, content in pieces:
                if kind == "packet":
                    finish(writer.packet, content)
                    continue
                times, pictures = content
                finish(writer.pictures, times, work.make(pictures), reader.colours, reader.aspect)
                frames += len(pictures)
                work.progress(len(pictures))
                if not work.wanted(frames):
                    break
        if not frames:
            raise InputError(f"{source} must have frames in its video stream. Received: a video without frames.")
        finish(writer.end)
    for line in writer.lines:
        work.say(line)
    if reader.problem and work.damaged is not None:
        work.damaged(f"{reader.problem} What could be read is in {target}.")
    return frames


def _pieces(reader: Reader, translator: Translator) -> Iterator[tuple[str, Any]]:
    """Packets to copy, and groups of frames that are translated together, in the order of the file."""
    waiting: list[tuple[int, np.ndarray]] = []
    for kind, content in reader:
        if kind == "packet":
            yield kind, content
            continue
        pixels = content[1]
        if waiting and waiting[-1][1].shape != pixels.shape:
            raise InputError(f"{reader.source} must have frames of one size. Received: {pixels.shape[:2]} among them.")
        waiting.append(content)
        if reader.live or len(waiting) >= translator.at_once(*pixels.shape[:2]):
            yield "pictures", _grouped(waiting)
            waiting = []
    if waiting:
        yield "pictures", _grouped(waiting)


def _grouped(waiting: list[tuple[int, np.ndarray]]) -> tuple[list[int], np.ndarray]:
    return [time for time, _ in waiting], np.stack([pixels for _, pixels in waiting])
