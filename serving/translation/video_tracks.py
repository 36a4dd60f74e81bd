"""The tracks of sound and subtitles beside a video: copied where the other container takes them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from serving.common.errors import InputError

# The container's own choice of a codec -> the encoder of it, and the sampling rate where it has but one.
ENCODERS: dict[str, tuple[str, int | None]] = {
    "aac": ("aac", None),
    "mp3": ("libmp3lame", None),
    "opus": ("libopus", 48_000),
    "ac3": ("ac3", 48_000),
}
DEFAULT_RATE = 44_100
UNKNOWN = "und"


class Track:
    """A stream that is copied packet by packet.

    Args:
        stream: of the source.
        container: what is written.
    """

    def __init__(self, stream: Any, container: Any) -> None:
        self.given = stream
        self.made = container.add_stream_from_template(stream)
        _describe(self.made, stream)

    def packets(self, packet: Any) -> Iterable[Any]:
        """What a packet of the source becomes."""
        packet.stream = self.made
        return [packet]

    def end(self) -> Iterable[Any]:
        """What is left at the end."""
        return []


class Transcoded:
    """Sound in a codec that the container does not take, in the one that it takes by itself.

    Args and methods: as `Track`.
    """

    def __init__(self, stream: Any, container: Any) -> None:
        self.given = stream
        name, rate = ENCODERS[container.default_audio_codec]
        self.made = container.add_stream(name, rate=rate or stream.rate or DEFAULT_RATE)
        self.made.layout = "mono" if stream.channels == 1 else "stereo"
        _describe(self.made, stream)

    def packets(self, packet: Any) -> Iterator[Any]:
        """What a packet of the source becomes."""
        for frame in packet.decode():
            yield from self.made.encode(frame)

    def end(self) -> Iterable[Any]:
        """What is left in the encoder."""
        return self.made.encode(None)


def tracks(av: Any, given: Any, container: Any, source: str) -> tuple[dict[int, Track | Transcoded], list[str]]:
    """What becomes of the other streams of a video.

    Args:
        av: the module.
        given: the source's container.
        container: what is written.
        source: name of the source, for messages.

    Returns:
        Index of a stream -> its track; and a line for every stream that is not written as it was.

    Raises:
        InputError: sound of a codec that the container does not take, and that cannot be decoded here.
    """
    made: dict[int, Track | Transcoded] = {}
    lines = []
    kind = container.format.name
    for stream in given.streams:
        if stream is given.streams.video[0]:
            continue
        codec = _codec(stream)
        named = f"{source}: stream {stream.index} ({stream.type} {codec or 'of an unknown codec'})"
        if stream.type in ("audio", "subtitle") and codec and _takes(av, kind, stream):
            made[stream.index] = Track(stream, container)
        elif stream.type == "audio" and codec and container.default_audio_codec in ENCODERS:
            made[stream.index] = Transcoded(stream, container)
            lines.append(f"{named} is written as {container.default_audio_codec}, which {kind} takes.")
        elif stream.type == "audio":
            raise InputError(f"{named} must be sound that {kind} takes, or that can be decoded. Received: neither.")
        else:
            lines.append(f"{named} is left out of {kind}.")
    return made, lines


def lost_languages(av: Any, file: Path, made: Mapping[int, Track | Transcoded], source: str) -> list[str]:
    """A line for every track whose language is not in the file that was written: AVI has no place for it, and
    QuickTime's own list is short."""
    with av.open(str(file)) as written:
        return [
            f"{source}: stream {index} ({track.given.type}) is without its language {language!r} in {file.suffix}."
            for index, track in made.items()
            if (language := track.given.metadata.get("language", UNKNOWN)) != UNKNOWN
            and written.streams[track.made.index].metadata.get("language") != language
        ]


def _takes(av: Any, kind: str, stream: Any) -> bool:
    """Whether a container takes a stream as it is, which FFmpeg knows for sure when it writes the header."""
    try:
        with av.open(io.BytesIO(), "w", format=kind) as trial:
            trial.add_stream_from_template(stream)
            trial.start_encoding()
    except (ValueError, av.error.FFmpegError):
        return False
    return True


def _codec(stream: Any) -> str:
    """The name of a stream's codec, whatever decodes it; nothing where that is not known."""
    context = stream.codec_context
    return "" if context is None else str(context.codec.canonical_name)


def _describe(made: Any, stream: Any) -> None:
    """Language and title, and which track plays by default."""
    made.metadata.update({key: value for key, value in stream.metadata.items() if key in ("language", "title")})
    made.disposition = stream.disposition.value
