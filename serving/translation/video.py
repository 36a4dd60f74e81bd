"""Translates a video to another domain, frame by frame. Needs PyAV: `pip install 'keras-gen[video]'`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from serving.common.background import Finisher, ahead_of
from serving.common.errors import InputError
from serving.common.files import whole_file
from serving.translation.translator import Translator

SUFFIXES = (".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v")
CODECS = {".webm": "libvpx-vp9"}
CODEC = "libx264"
QUALITY = "17"
AHEAD = 2


def is_video(path: Path) -> bool:
    """Whether a file has the suffix of a video."""
    return path.suffix.lower() in SUFFIXES


def translate_video(
    translator: Translator,
    source: Path,
    target: Path,
    to: str | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Translates every frame of a video. The time of each frame and the size are kept, and the sound is copied.

    Decoding and encoding run in threads parallel to the inference.

    Args:
        translator: an open bundle.
        source: a video.
        target: a file name with one of SUFFIXES.
        to: the domain to translate to.
        progress: called with the number of frames that were finished since the last call.

    Returns:
        The number of frames.

    Raises:
        InputError: the source is not a video, has no frames or is truncated; the domain is unknown; or the target has
            not the suffix of a video, or is the source.
    """
    import av

    translator.check_target(to)
    if not is_video(target) or target.is_dir():
        raise InputError(f"--out must be a video file ({', '.join(SUFFIXES)}). Received: {target}.")
    if target.exists() and target.samefile(source):
        raise InputError(f"--out must be another file than the video itself. Received: {target}.")
    try:
        with av.open(str(source)) as given:
            if not given.streams.video:
                raise InputError(f"{source} must have a video stream. Received: a file without one.")
            return _translate(av, translator, given, source, target, to, progress)
    except av.error.FFmpegError as error:
        raise InputError(
            f"{source} must be a readable video. Received: {type(error).__name__}: {error.strerror}."
        ) from error


def _translate(
    av: Any,
    translator: Translator,
    given: Any,
    source: Path,
    target: Path,
    to: str | None,
    progress: Callable[[int], None],
) -> int:
    stream = given.streams.video[0]
    stream.thread_type = "AUTO"
    frames = 0
    with (
        whole_file(target) as temporary,
        _Writer(av, temporary, stream, given.streams.audio, target) as writer,
        # With one thread, frames and sound are written in order.
        Finisher(1, AHEAD) as finish,
        # The reading thread must have ended when the video is closed.
        closing(ahead_of(_pieces(given, stream, translator), AHEAD)) as pieces,
    ):
        for kind, content in pieces:
            if kind == "sound":
                finish(writer.sound, content)
                continue
            times, pictures = content
            finish(writer.pictures, times, translator.translate(pictures, to))
            frames += len(pictures)
            progress(len(pictures))
        if not frames:
            raise InputError(f"{source} must have frames in its video stream. Received: a video without frames.")
        finish(writer.end)
    return frames


def _pieces(given: Any, stream: Any, translator: Translator) -> Iterator[tuple[str, Any]]:
    """Unchanged packets of sound, and groups of frames that are translated together, in the order of the file."""
    waiting: list[tuple[int, np.ndarray]] = []
    for packet in given.demux(stream, *given.streams.audio):
        if packet.stream.type == "audio":
            if packet.dts is not None:
                yield "sound", packet
            continue
        for frame in packet.decode():
            pixels = _upright(frame, translator.image.channels)
            if waiting and waiting[-1][1].shape != pixels.shape:
                raise InputError(f"{given.name} must have frames of one size. Received: {pixels.shape[:2]} among them.")
            waiting.append((frame.pts, pixels))
            if len(waiting) >= translator.at_once(*pixels.shape[:2]):
                yield "pictures", _grouped(waiting)
                waiting = []
    if waiting:
        yield "pictures", _grouped(waiting)


def _grouped(waiting: list[tuple[int, np.ndarray]]) -> tuple[list[int], np.ndarray]:
    return [time for time, _ in waiting], np.stack([pixels for _, pixels in waiting])


def _upright(frame: Any, channels: int) -> np.ndarray:
    """A frame as uint8 (height, width, channels), with the rotation that the file states applied."""
    pixels = frame.to_ndarray(format="gray" if channels == 1 else "rgb24")
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    return np.rot90(pixels, round(frame.rotation / 90) % 4)


class _Writer:
    """Encodes pictures, and copies sound.

    Args:
        av: the module.
        file: the file to write.
        like: the video stream whose times are used.
        sounds: streams to copy.
        target: the final file, which errors name and whose suffix decides the codec.
    """

    def __init__(self, av: Any, file: Path, like: Any, sounds: Any, target: Path) -> None:
        self.av, self.like, self.target = av, like, target
        self.container = av.open(str(file), "w")
        codec = CODECS.get(target.suffix.lower(), CODEC)
        rate = like.average_rate or like.guessed_rate or Fraction(25)
        self.video = self.container.add_stream(codec, rate=rate, options={"crf": QUALITY})
        self.video.codec_context.time_base = like.time_base
        if like.sample_aspect_ratio:
            self.video.codec_context.sample_aspect_ratio = like.sample_aspect_ratio
        self.sounds = {sound.index: self.container.add_stream_from_template(sound) for sound in sounds}
        self.early: list[Any] | None = []

    def pictures(self, times: list[int], pictures: np.ndarray) -> None:
        """Encodes pictures, uint8 (n, height, width, channels), to be shown at their times."""
        if self.early is not None:
            self._begin(*pictures.shape[1:3])
        for time, pixels in zip(times, pictures, strict=True):
            grey = pixels.shape[2] == 1
            frame = self.av.VideoFrame.from_ndarray(
                np.ascontiguousarray(pixels[..., 0] if grey else pixels), format="gray" if grey else "rgb24"
            )
            frame.pts, frame.time_base = time, self.like.time_base
            self._mux(self.video.encode, frame)

    def sound(self, packet: Any) -> None:
        """Copies a packet, or keeps it until the size of the pictures is known, before which nothing can be written."""
        if self.early is not None:
            self.early.append(packet)
            return
        packet.stream = self.sounds[packet.stream.index]
        self._mux(lambda copied: copied, packet)

    def end(self) -> None:
        """Writes what is left in the encoder, and the end of the file."""
        self._mux(self.video.encode, None)
        with self._naming_the_target():
            self.container.close()

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # After `end` there is nothing left to close. Before it, the user should see the first error and not this one.
        with suppress(self.av.error.FFmpegError):
            self.container.close()

    def _begin(self, height: int, width: int) -> None:
        self.video.width, self.video.height = width, height
        # yuv420p stores colour for 2x2 pixels, so an odd side would lose its last row or column.
        self.video.pix_fmt = "yuv420p" if height % 2 == width % 2 == 0 else "yuv444p"
        early, self.early = self.early or [], None
        for packet in early:
            self.sound(packet)

    def _mux(self, encode: Callable[[Any], Any], content: Any) -> None:
        with self._naming_the_target():
            self.container.mux(encode(content))

    @contextmanager
    def _naming_the_target(self) -> Iterator[None]:
        """Turns errors about the written file into OSError, so that they are not reported as errors of the source."""
        try:
            yield
        except self.av.error.FFmpegError as error:
            raise OSError(f"{self.target} must be writable. Received: {error.strerror}.") from error
