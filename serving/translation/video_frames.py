"""Reads the frames of a video, upright and in the order in which they are shown, and knows when some are missing."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from serving.common.errors import InputError
from serving.translation.video_colours import Colours

# By how many seconds a whole file may be shorter than it states.
SLACK = 0.5


class Reader:
    """What a file holds, in its order.

    Args:
        av: the module.
        given: the open container.
        source: its file, for messages.
        channels: of the pictures.
        copied: indices of the streams whose packets are wanted as they are.
        keep_going: leave out what cannot be read instead of raising; `problem` says then what that was.
        live: times begin with the first frame, whatever the clock of a camera says.
    """

    def __init__(
        self,
        av: Any,
        given: Any,
        source: Path,
        channels: int,
        copied: frozenset[int],
        keep_going: bool,
        live: bool = False,
    ) -> None:
        self.av, self.given, self.source, self.channels = av, given, source, channels
        self.copied, self.keep_going, self.live = copied, keep_going, live
        self.video = given.streams.video[0]
        self.video.thread_type = "AUTO"
        self.colours: Colours | None = None
        self.aspect: Any = None
        self.problem = ""
        self._end = 0.0
        # AVI has no times but the places of packets, which pictures take in the order in which they are shown. What
        # FFmpeg guesses beside them (`pts`) is not in order.
        self._places: deque[int] | None = deque() if given.format.name == "avi" else None
        self._whole_seen = False
        self._first: int | None = None

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Yields ("packet", a packet to copy) and ("frame", (time, uint8 pixels)).

        Raises:
            InputError: colours that are not supported, frames of several sizes, or damage.
        """
        for packet in self._packets():
            if packet.stream.index in self.copied:
                if packet.dts is not None:
                    yield "packet", packet
            elif packet.stream is self.video:
                for frame in self._decoded(packet):
                    yield "frame", (self._time(frame), self._upright(frame))
        self._check_end()

    def _packets(self) -> Iterator[Any]:
        packets = self.given.demux()
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except self.av.error.FFmpegError as error:
                self._damaged(f"{type(error).__name__}: {error.strerror}")
                return
            place = packet.dts if packet.pts is None or self._places is not None else packet.pts
            if packet.size and place is not None:
                self._end = max(self._end, float((place + (packet.duration or 0)) * packet.time_base))
                if self._places is not None and packet.stream is self.video:
                    self._places.append(place)
            yield packet

    def _decoded(self, packet: Any) -> Iterator[Any]:
        try:
            frames = packet.decode()
        except self.av.error.FFmpegError as error:
            self._damaged(f"{type(error).__name__}: {error.strerror}")
            return
        for frame in frames:
            # A recording may begin in the middle of what refers to earlier pictures.
            if frame.is_corrupt and self._whole_seen:
                self._damaged("a damaged picture")
            self._whole_seen |= not frame.is_corrupt
            yield frame

    def _time(self, frame: Any) -> int:
        place = self._places.popleft() if self._places else None
        time = next(time for time in (place, frame.pts, frame.dts, 0) if time is not None)
        if self._first is None:
            self._first = time if self.live else 0
        return time - self._first

    def _upright(self, frame: Any) -> np.ndarray:
        """A frame as uint8 (height, width, channels), turned and mirrored as the file states."""
        if self.colours is None:
            self.colours = Colours.of(frame, self.video.codec_context, str(self.source))
        turned, down, right = display(frame)
        aspect = self.video.sample_aspect_ratio
        self.aspect = 1 / aspect if aspect and turned else aspect
        pixels = self.colours.pixels(frame, self.channels)
        pixels = pixels.swapaxes(0, 1) if turned else pixels
        return pixels[:: -1 if down else 1, :: -1 if right else 1]

    def _check_end(self) -> None:
        """What ends before it says that it does was cut off."""
        stated = (self.given.duration or 0) / self.av.time_base
        if self._places is not None and self.video.average_rate:
            stated = max(stated, float(self.video.frames / self.video.average_rate))
        if self._end < stated - SLACK:
            self._damaged(f"{self._end:.2f} of {stated:.2f} seconds")

    def _damaged(self, what: str) -> None:
        if not self.keep_going:
            raise InputError(f"{self.source} must be a readable video. Received: {what}; --keep-going saves the rest.")
        self.problem = self.problem or f"{self.source} is damaged: {what}."


def display(frame: Any) -> tuple[bool, bool, bool]:
    """How a frame is to be shown, by its display matrix: whether rows become columns, and whether it is then mirrored
    downwards and to the right.

    The matrix (a, b, u, c, d, v, x, y, w) moves the pixel of column p and row q to column a p + c q and row b p + d q
    (ISO/IEC 14496-12, 8.5.2). Angles between quarter turns are rounded to these.
    """
    for data in frame.side_data:
        if data.type.name == "DISPLAYMATRIX":
            a, b, _, c, d = struct.unpack("=5i", bytes(data)[:20])
            if abs(a) + abs(d) >= abs(b) + abs(c):
                return False, d < 0, a < 0
            return True, b < 0, c < 0
    return False, False, False
