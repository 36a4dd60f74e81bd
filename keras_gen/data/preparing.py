"""Writes what `prepared:FOLDER` reads, picture by picture."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_gen.data.examples import AskedSize, MissingSplitError
from keras_gen.data.kinds import DOMAIN_NAMES, DOMAINS, SOURCE_NAMES, SOURCES
from keras_gen.data.labels import by_name, named_classes
from keras_gen.data.opening import interpolation_of, measure, open_stream, resolved_range
from keras_gen.data.own import FUNCTIONS
from keras_gen.data.sources.prepared import FILE, ONE, PAIRS, UNPAIRED, Facts, images_file, labels_file
from keras_gen.data.streams import OneSize, Stream
from keras_gen.data.translation.domains import check_load_size, has_domains, measure_domains, open_streams
from serving.common.errors import InputError, nearest
from serving.common.interpolation import Choice, Interpolation
from serving.common.levels import Levels, ValueRange

Counts = dict[str, list[int]]


def prepare(
    folder: Path,
    name: str,
    image_size: AskedSize | None = None,
    channels: int | None = None,
    load_size: AskedSize | None = None,
    value_range: ValueRange | str | None = None,
    frames: str | None = None,
    interpolation_a: Choice | None = None,
    interpolation_b: Choice | None = None,
) -> tuple[str, Counts]:
    """Decodes the pictures of a source once.

    Args:
        folder: empty.
        name: one of `SOURCE_NAMES` or of `DOMAIN_NAMES`.
        image_size: side of the pictures, (height, width), or a text such as `64x256`; the training pictures' own by
            default, for the test pictures too.
        channels: as in `open_source`; the training pictures' own by default.
        load_size: side of the training pictures of two domains, of which training takes parts of `image_size`.
        value_range: as in `open_source`.
        frames: likewise.
        interpolation_a: as in `open_domains`; that of a source of one domain.
        interpolation_b: likewise.

    Returns:
        What was written, `ONE`, `PAIRS` or `UNPAIRED`, and the number of pictures or pairs in each split, of two
        domains that are unpaired the number in each of them.

    Raises:
        InputError: data that cannot be read, or pictures of several shapes.
    """
    two = of_two_domains(name)
    if load_size is not None:
        if not two:
            raise InputError(f"--load-size must be left out for a source of one domain. Received: {load_size}.")
        check_load_size(load_size, image_size)
    levels = Levels(resolved_range(value_range, partial(measure_domains if two else measure, name, frames, channels)))
    a, b = interpolation_of(interpolation_a), interpolation_of(interpolation_b)
    ways = (a, b if two else a)
    open_split = partial(open_streams if two else _open_one, levels=levels, frames=frames, interpolations=ways)
    train = open_split(name, load_size or image_size, channels, "train")
    domains = (PAIRS if len(train) == 1 else UNPAIRED) if two else ONE
    shape, labels = _write(folder, "train", train)
    shapes, counts = {"train": shape}, {"train": [stream.count for stream in train]}
    classes = tuple(dict.fromkeys(name for of_domain in labels for name in of_domain.classes))
    height, width, channels = shape
    # Many sets have one split alone.
    try:
        test = open_split(name, (height, width) if load_size is None else image_size, channels, "test")
    except MissingSplitError:
        test = ()
    if test:
        shapes["test"], of_test = _write(folder, "test", test)
        counts["test"] = [stream.count for stream in test]
        classes = classes or tuple(dict.fromkeys(name for of_domain in of_test for name in of_domain.classes))
        labels += of_test
    for of_domain in labels:
        of_domain.write(classes)
    facts = Facts(name, domains, shapes, classes, levels.value_range)
    levels.warn(name)
    for way, domain in zip(ways, ("A", "B"), strict=True) if two else [(a, "")]:
        way.say(f"{name} ({domain})" if domain else name)
    (folder / FILE).write_text(facts.to_json(), encoding="utf-8")
    return domains, counts


def of_two_domains(name: str) -> bool:
    """Whether a source is one of two domains.

    Raises:
        InputError: there is no such source.
    """
    kind, kinds = name.partition(":")[0], {**SOURCES, **DOMAINS}
    if kind not in kinds and name not in FUNCTIONS:
        raise InputError(
            f"the data source must be {SOURCE_NAMES}; of two domains {DOMAIN_NAMES}. "
            f"Received: {name!r}.{nearest(kind, list(kinds))}"
        )
    return has_domains(name)


def _open_one(
    name: str,
    image_size: AskedSize | None,
    channels: int | None,
    split: str,
    levels: Levels,
    frames: str | None,
    interpolations: tuple[Interpolation, Interpolation],
) -> tuple[Stream, ...]:
    return (open_stream(name, image_size, channels, split, levels, frames, interpolations),)


class _Labels(NamedTuple):
    """Labels of a domain in a split, which are written once the classes of training are known."""

    path: Path
    name: str
    values: np.ndarray | None
    classes: tuple[str, ...]

    def write(self, classes: tuple[str, ...]) -> None:
        """As those of a table of classes, by their names."""
        if self.values is not None:
            np.save(self.path, by_name(self.name, self.values, self.classes, classes))


def _write(folder: Path, split: str, streams: tuple[Stream, ...]) -> tuple[tuple[int, int, int], tuple[_Labels, ...]]:
    """The pictures of a split, all of one shape, which is returned with the labels of each domain."""
    one_size = OneSize(channels=True)
    found: list[_Labels] = []
    for domain, stream in zip("ab" if len(streams) > 1 else ("",), streams, strict=True):
        shape, labels = _write_images(images_file(folder, domain, split), stream, one_size, f"{split} {domain}".strip())
        known = named_classes(stream.name, labels, stream.count, stream.classes) if labels else (None, stream.classes)
        found.append(_Labels(labels_file(folder, domain, split), stream.name, *known))
    height, width, channels = shape[-3:]
    return (height, width, channels), tuple(found)


def _write_images(path: Path, stream: Stream, one_size: OneSize, title: str) -> tuple[tuple[int, ...], list[Any]]:
    """A NumPy array as a file, a row at a time. One that is mapped would kill the process where the disk is full."""
    labels: list[Any] = []
    rows = 0
    with path.open("wb") as file:
        for picture, label in stream.checked(one_size, title):
            if not rows:
                header = {"descr": picture.dtype.str, "fortran_order": False, "shape": (stream.count, *picture.shape)}
                np.lib.format.write_array_header_1_0(file, header)
            file.write(np.ascontiguousarray(picture).data)
            rows += 1
            if label is not None:
                labels.append(label)
    if rows != stream.count:
        raise InputError(f"{stream.name} must hold {stream.count} pictures in the split {title!r}. Received: {rows}.")
    return picture.shape, labels
