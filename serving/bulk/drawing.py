"""Draws the pictures of a seed into a folder, as PNG files or as arrays of many pictures."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from serving.bulk.job import Done, Part, Results
from serving.bundle.manifest import Manifest
from serving.bundle.names import DECODER, IMAGE, NOISE
from serving.common.classes import class_labels
from serving.common.errors import InputError, require_among, require_integer
from serving.common.files import remove_leftovers, whole_file
from serving.common.formats import MOST_CHANNELS
from serving.common.images import to_uint8, write_png
from serving.common.noise import INT64
from serving.runtime.networks import fixed_axes
from serving.runtime.sessions import DEFAULT, Settings
from serving.sampler import BATCH_SIZE, Sampler

SHARD_SIZE = 1000
RECORD = ".drawing.json"
# Bytes of one grey pixel: signature, header, one byte of compressed data and the end.
SMALLEST_PNG = 67
Format = Literal["png", "npy"]


@dataclass(frozen=True)
class Drawing:
    """The pictures 0 to n - 1 of a seed, written as files that are named after the index of their first picture.

    Attributes:
        bundle: folder written by `keras-gen export`.
        target: the folder to write.
        n: number of pictures.
        seed: any 64-bit integer.
        label: label of the class; by default one class after the other, if the model takes a class.
        truncation: as for `Sampler.sample`.
        batch_size: pictures computed at a time.
        format: `png` writes one uint8 file per picture, of 1 to 4 channels; `npy` writes arrays (pictures, height,
            width, channels) of the bundle's type.
        shard_size: number of pictures in an array; the last one may have fewer.
        settings: how the networks are run.

    Raises:
        InputError: a number out of range, or more pictures than the disk can hold.
    """

    bundle: Path
    target: Path
    n: int
    seed: int = 0
    label: int | None = None
    truncation: float | None = None
    batch_size: int = BATCH_SIZE
    format: Format = "png"
    shard_size: int = SHARD_SIZE
    settings: Settings = DEFAULT

    def __post_init__(self) -> None:
        require_integer(1, INT64.max, n=self.n)
        require_integer(1, batch_size=self.batch_size, shard_size=self.shard_size)
        require_among(get_args(Format), format=self.format)

    @property
    def parts(self) -> int:
        """Number of parts; a part is a batch of PNG files, or an array."""
        return -(-self.n // self._step)

    @property
    def _step(self) -> int:
        return self.batch_size if self.format == "png" else self.shard_size

    def size(self, part: int) -> int:
        """Number of pictures in a part."""
        return min(self._step, self.n - part * self._step)

    def moved(self, settings: Settings) -> Drawing:
        """The same pictures, drawn with other settings."""
        return replace(self, settings=settings)

    def open(self) -> Part:
        """Returns the function that draws a part.

        Raises:
            InputError: the bundle cannot draw pictures, or pictures of as many channels as the format holds, or does
                not take the label or the truncation.
        """
        sampler = Sampler(self.bundle, self.settings)
        if self.label is not None:
            sampler = sampler.of_class(self.label)
        sampler.latents(1, self.seed, truncation=self.truncation)
        if "decode" not in sampler.abilities:
            raise InputError(f"{self.bundle} must have the network {DECODER!r}. Received: a bundle without it.")
        channels = sampler.manifest.image.channels
        if self.format == "png" and channels > MOST_CHANNELS:
            raise InputError(f"`format` must be npy for pictures of {channels} channels. Received: png.")
        write = self._write_pictures if self.format == "png" else self._write_array

        def do(part: int) -> Done:
            write(sampler, part)
            return {}

        return do

    def begin(self) -> None:
        """Prepares the folder. Files of an interrupted drawing of the same pictures stay; other files with the names
        that will be written are removed.

        Raises:
            InputError: more pictures than the disk can hold.
        """
        self._check_disk()
        record = self.target / RECORD
        if record.is_file() and record.read_text(encoding="utf-8") == self._record():
            return
        if self.target.is_dir():
            record.unlink(missing_ok=True)
            there = {path.name for path in self.target.iterdir()}
            for path in self._files():
                if path.name in there:
                    path.unlink()
        with whole_file(record) as temporary:
            temporary.write_text(self._record(), encoding="utf-8")

    def end(self) -> None:
        """Removes the files that only an interrupted drawing needs.

        Raises:
            OSError: a picture was not written.
        """
        there = {path.name for path in self.target.iterdir()}
        if missing := [path for path in self._files() if path.name not in there]:
            raise FileNotFoundError(f"{missing[0]} must have been written. Received: no such file.")
        remove_leftovers([*self._files(), self.target / RECORD])
        (self.target / RECORD).unlink(missing_ok=True)

    def _check_disk(self) -> None:
        """Raises InputError where even an empty disk could not hold the pictures."""
        there = next(folder for folder in self.target.absolute().parents if folder.is_dir())
        size, disk = self.n * self._least_bytes(), shutil.disk_usage(there).total
        if size > disk:
            raise InputError(
                f"`n` must be so small that the pictures fit on the disk of {disk / 1e9:.3g} GB. "
                f"Received: {self.n}, which take {size / 1e9:.3g} GB or more."
            )

    def _least_bytes(self) -> int:
        """What a picture takes on the disk at the least."""
        if self.format == "png":
            return SMALLEST_PNG
        made = Manifest.read(self.bundle).networks[DECODER].outputs[IMAGE]
        return math.prod(fixed_axes(made)) * np.dtype(made.dtype).itemsize

    def _record(self) -> str:
        """Everything that determines the content of the files, as JSON."""
        networks = Manifest.read(self.bundle).networks
        stored = {name: (networks[name], networks[name].weights) for name in (NOISE, DECODER) if name in networks}
        drawn: dict[str, Any] = {name: [file.sha256 for file in files if file] for name, files in stored.items()}
        drawn |= {name: getattr(self, name) for name in ("n", "seed", "label", "truncation", "format")}
        if self.format == "npy":
            drawn["shard_size"] = self.shard_size
        return json.dumps(drawn)

    def _files(self) -> Iterator[Path]:
        step = 1 if self.format == "png" else self.shard_size
        return map(self._file, range(0, self.n, step))

    def _file(self, first: int) -> Path:
        digits = max(4, len(str(self.n - 1)))
        return self.target / f"{first:0{digits}d}.{self.format}"

    def _write_pictures(self, sampler: Sampler, part: int) -> None:
        start = part * self._step
        files = [self._file(start + index) for index in range(self.size(part))]
        if missing := [index for index, file in enumerate(files) if not file.exists()]:
            pictures = to_uint8(self._drawn(sampler, start, self.size(part)))
            for index in missing:
                write_png(files[index], pictures[index])

    def _write_array(self, sampler: Sampler, part: int) -> None:
        start, count = part * self._step, self.size(part)
        file = self._file(start)
        if file.exists():
            return
        batches = [
            self._drawn(sampler, first, min(self.batch_size, start + count - first))
            for first in range(start, start + count, self.batch_size)
        ]
        with whole_file(file) as temporary, temporary.open("wb") as opened:
            np.save(opened, np.concatenate(batches), allow_pickle=False)

    def _drawn(self, sampler: Sampler, start: int, count: int) -> np.ndarray:
        """`count` pictures from the index `start` on, in one batch."""
        labels = None
        if sampler.takes_class:
            bound = None if sampler.label is None else np.full(count, sampler.label)
            labels = class_labels(count, len(sampler.manifest.classes), bound, start)
        latents = sampler.latents(count, self.seed, start, labels, self.truncation)
        return sampler.decode(latents, count, labels=labels)


def default_format(channels: int) -> Format:
    """PNG, which people can look at, for as many channels as it holds."""
    return "png" if channels <= MOST_CHANNELS else "npy"


def drawn(drawing: Drawing, results: Results, progress: Callable[[int], None] = lambda done: None) -> None:
    """Draws into the folder. The same call resumes an interrupted drawing.

    Args:
        drawing: what to draw.
        results: its parts, which run as the iterator advances.
        progress: called with the number of pictures that were finished since the last call.
    """
    drawing.begin()
    for part, _ in results:
        progress(drawing.size(part))
    drawing.end()
