"""Writes a video: encodes its pictures, and keeps the tracks beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from serving.translation.video_colours import Colours
from serving.translation.video_tracks import lost_languages, tracks

CODECS = {".webm": "libvpx-vp9"}
CODEC = "libx264"
QUALITY = "17"
AVI = ".avi"
DEFAULT_RATE = Fraction(25)


class Writer:
    """What is written, frame by frame and packet by packet.

    Args:
        av: the module.
        file: the file to write.
        given: the container of the source, whose first video stream's times are used.
        target: the final file, which errors name and whose suffix decides the codec.
        source: the source's file, for messages.

    Attributes:
        tracks: index of a stream of the source -> what becomes of it.
        lines: what is left out or not as it was, a line each; complete after `end`.
    """

    def __init__(self, av: Any, file: Path, given: Any, target: Path, source: Path) -> None:
        self.av, self.file, self.target, self.source = av, file, target, str(source)
        like = given.streams.video[0]
        suffix = target.suffix.lower()
        # AVI has no times: a shift, so that none is below 0, would leave places without a picture.
        self.container = av.open(
            str(file), "w", container_options={"avoid_negative_ts": "disabled"} if suffix == AVI else {}
        )
        self.container.metadata.update({k: v for k, v in given.metadata.items() if k in ("title", "comment", "date")})
        rate = like.average_rate or like.guessed_rate or DEFAULT_RATE
        # In AVI, pictures are shown in the order of the file, one in every place.
        options = {"crf": QUALITY} | ({"bf": "0"} if suffix == AVI else {})
        self.given_base = like.time_base
        self.base = 1 / rate if suffix == AVI else like.time_base
        self.video = self.container.add_stream(CODECS.get(suffix, CODEC), rate=rate, options=options)
        self.video.codec_context.time_base = self.base
        self.tracks, self.lines = tracks(av, given, self.container, self.source)
        if like.sample_aspect_ratio not in (None, 0, 1) and suffix in CODECS:
            self.lines.append(f"{source}: pixels of {like.sample_aspect_ratio} are written as square ones in {suffix}.")
        self.colours: Colours | None = None
        self.last: int | None = None
        self.early: list[Any] = []

    def pictures(self, times: list[int], pictures: np.ndarray, colours: Colours, aspect: Any) -> None:
        """Encodes pictures.

        Args:
            times: when they are shown, in units of the source.
            pictures: uint8 (n, height, width, channels).
            colours: what their numbers become.
            aspect: width to height of a pixel, or None.
        """
        if self.colours is None:
            self._begin(pictures.shape[1], pictures.shape[2], colours, aspect)
        for time, pixels in zip(times, pictures, strict=True):
            rgb = np.ascontiguousarray(pixels.repeat(3, axis=2) if pixels.shape[2] == 1 else pixels)
            frame = colours.encodable(self.av.VideoFrame.from_ndarray(rgb, format="rgb24"), self.video.pix_fmt)
            frame.pts, frame.time_base = self._place(time), self.base
            self._mux(partial(self.video.encode, frame))

    def packet(self, packet: Any) -> None:
        """Writes a packet of another stream, or keeps it until the size of the pictures is known, before which nothing
        can be written."""
        if self.colours is None:
            self.early.append(packet)
            return
        track = self.tracks[packet.stream.index]
        self._mux(partial(track.packets, packet))

    def end(self) -> None:
        """Writes what is left in the encoders, and the end of the file."""
        self._mux(partial(self.video.encode, None))
        for track in self.tracks.values():
            self._mux(track.end)
        with self._naming_the_target():
            self.container.close()
            self.lines += lost_languages(self.av, self.file, self.tracks, self.source)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # After `end` there is nothing left to close. Before it, the user should see the first error and not this one.
        with suppress(self.av.error.FFmpegError):
            self.container.close()

    def _begin(self, height: int, width: int, colours: Colours, aspect: Any) -> None:
        self.colours = colours
        context = self.video.codec_context
        context.width, context.height = width, height
        # yuv420p stores colour for 2x2 pixels, so an odd side would lose its last row or column.
        context.pix_fmt = "yuv420p" if height % 2 == width % 2 == 0 else "yuv444p"
        colours.tag(context)
        if aspect:
            context.sample_aspect_ratio = aspect
        early, self.early = self.early, []
        for packet in early:
            self.packet(packet)

    def _place(self, time: int) -> int:
        """The time of a picture in units of what is written, which are coarser where that is AVI."""
        place = round(time * self.given_base / self.base)
        self.last = place if self.last is None else max(place, self.last + 1)
        return self.last

    def _mux(self, made: Callable[[], Iterable[Any]]) -> None:
        with self._naming_the_target():
            for packet in made():
                self.container.mux(packet)

    @contextmanager
    def _naming_the_target(self) -> Iterator[None]:
        """Turns errors about the written file into OSError, so that they are not reported as errors of the source."""
        try:
            yield
        except self.av.error.FFmpegError as error:
            raise OSError(f"{self.target} must be writable. Received: {error.strerror}.") from error
