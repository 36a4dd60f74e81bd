"""The film of a training that a bundle brings: `film.json`, as `film.schema.json` defines it, and its bytes."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from serving.bundle.json_reader import JsonReader
from serving.bundle.manifest import Manifest
from serving.bundle.verified import read_verified
from serving.common.errors import InputError

FORMAT, PNG = 1, "png"
KINDS = ("pictures", "points")
TYPES: dict[str, np.dtype[Any]] = {"uint8": np.dtype("u1"), "float32": np.dtype("<f4")}
SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_FRAMES = 61

# An array, or the bytes of a PNG.
Part = np.ndarray | bytes


@dataclass(frozen=True)
class Frame:
    """A moment of the training.

    Attributes:
        epoch: finished epochs; 0 before training.
        step: training steps.
        parts: by name.
        figures: divergences by name, of points.
    """

    epoch: int
    step: int
    parts: dict[str, Part]
    figures: dict[str, float]


@dataclass(frozen=True)
class Alarm:
    """An epoch in which a figure became suspicious, and the usual cause; the value is None where it was not finite."""

    epoch: int
    figure: str
    value: float | None
    cause: str


@dataclass(frozen=True)
class Film:
    """How a training went.

    Attributes:
        kind: `pictures` or `points`, by which `film.schema.json` says what the parts are.
        frames: in the order of their epochs.
        still: parts that are the same in every frame.
        history: columns of `metrics.csv` by name, None where an epoch has no figure.
        alarms: in the order of their epochs.
        plane: of points: lowest and highest coordinate of the surface.
    """

    kind: str
    frames: tuple[Frame, ...]
    still: dict[str, Part]
    history: dict[str, list[float | None]]
    alarms: tuple[Alarm, ...]
    plane: tuple[float, float] | None


def read_film(bundle: str | Path, manifest: Manifest | None = None) -> Film:
    """The film that a bundle brings, after its files were compared with the manifest.

    Args:
        bundle: folder written by `keras-gen export`, of a run that was trained with `--film`.
        manifest: of the bundle, where it was read already.

    Raises:
        InputError: a bundle without a film, or a file that is missing, altered or not as `film.schema.json` says.
    """
    folder = Path(bundle)
    stored = (manifest or Manifest.read(folder)).film
    if stored is None:
        raise InputError(f"{folder} must bring a film, as train --film records it. Received: a bundle without one.")
    path = folder / stored.file
    try:
        document = json.loads(read_verified(folder, stored).decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} must be JSON. Received: {' '.join(str(error).split())[:120]}.") from None
    try:
        return _Reader("film").film(document, read_verified(folder, stored.frames))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


class _Reader(JsonReader):
    def film(self, data: object, content: bytes) -> Film:
        entries = self.fields(data, {"format_version", "kind", "parts", "frames", "history", "alarms"})
        self.at("format_version").integer(entries["format_version"], low=1, high=FORMAT)
        parts = self.at("parts").map_of(entries["parts"], _Reader.part)

        def places(at: _Reader, found: object) -> dict[str, Part]:
            return at.map_of(found, lambda one, place: one.taken(place, parts, content))

        frames = self.at("frames").array(entries["frames"], MOST_FRAMES)
        read = [self.at("frames").at(str(index)).frame(each, places) for index, each in enumerate(frames)]
        epochs = [frame.epoch for frame in read]
        if not read or epochs != sorted(set(epochs)):
            raise self.at("frames").fail("frames of rising epochs", epochs)
        alarms = self.at("alarms").array(entries["alarms"])
        history = self.at("history").map_of(entries["history"], _Reader.column)
        if len({len(column) for column in history.values()}) > 1:
            raise self.at("history").fail("columns of one length", [len(column) for column in history.values()])
        return Film(
            kind=self.at("kind").text(entries["kind"], *KINDS),
            frames=tuple(read),
            still=self.optional(entries, "still", places, {}),
            history=history,
            alarms=tuple(self.at("alarms").at(str(index)).alarm(each) for index, each in enumerate(alarms)),
            plane=self.optional(entries, "plane", _Reader.limits, None),
        )

    def part(self, data: object) -> tuple[str, tuple[int, ...]]:
        """Type and shape."""
        entries = self.fields(data, {"type"})
        kind = self.at("type").text(entries["type"], PNG, *TYPES)
        if kind == PNG:
            return kind, ()
        shape = self.at("shape").array(entries.get("shape"), 4)
        return kind, tuple(self.at("shape").integer(side, low=1, high=65536) for side in shape)

    def frame(self, data: object, places: Any) -> Frame:
        entries = self.fields(data, {"epoch", "step", "at"})
        return Frame(
            epoch=self.at("epoch").integer(entries["epoch"]),
            step=self.at("step").integer(entries["step"]),
            parts=places(self.at("at"), entries["at"]),
            figures=self.optional(entries, "figures", lambda at, data: at.map_of(data, _Reader.number), {}),
        )

    def taken(self, data: object, parts: dict[str, tuple[str, tuple[int, ...]]], content: bytes) -> Part:
        """A part out of the bytes of all."""
        name = self.where.rpartition(".")[2]
        if name not in parts:
            raise self.fail("one of the parts", name)
        kind, shape = parts[name]
        first, size = self.pair(data)
        taken = content[first : first + size]
        wanted = len(taken) if kind == PNG else math.prod(shape) * TYPES[kind].itemsize
        if len(taken) != size or size != wanted or (kind == PNG and not taken.startswith(SIGNATURE)):
            raise self.fail(f"the place of a {kind} among {len(content)} bytes", data)
        return taken if kind == PNG else np.frombuffer(taken, TYPES[kind]).reshape(shape)

    def pair(self, data: object) -> tuple[int, int]:
        values = [self.integer(value) for value in self.array(data)]
        if len(values) != 2:
            raise self.fail("[first byte, number of bytes]", data)
        return values[0], values[1]

    def limits(self, data: object) -> tuple[float, float]:
        bounds = [self.number(value) for value in self.array(data)]
        if len(bounds) != 2 or not bounds[0] < bounds[1]:
            raise self.fail("[lowest, highest]", data)
        return bounds[0], bounds[1]

    def column(self, data: object) -> list[float | None]:
        return [None if value is None else self.number(value) for value in self.array(data)]

    def alarm(self, data: object) -> Alarm:
        entries = self.fields(data, {"epoch", "figure", "value", "cause"})
        return Alarm(
            epoch=self.at("epoch").integer(entries["epoch"], low=1),
            figure=self.at("figure").text(entries["figure"]),
            value=self.optional(entries, "value", _Reader.number, None),
            cause=self.at("cause").text(entries["cause"]),
        )
