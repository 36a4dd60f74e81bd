"""What every reader returns, and the checks that all of them share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from keras_gen.data.labels import by_name
from serving.bundle.inputs import size_text
from serving.common.errors import InputError, require_among, require_integer
from serving.common.images import ALL, FIRST
from serving.common.interpolation import BICUBIC, Interpolation
from serving.common.levels import Levels

SPLITS = ("train", "test")
Frames = Literal["first", "all"]
# A side, (height, width), or a text such as 64x256, height before width.
AskedSize: TypeAlias = int | str | tuple[int, int]
MEMORY_LIMIT = 8 * 2**30


class MissingSplitError(InputError):
    """A data set that has no such split, which is no mistake where the split is not needed."""


class Shape(NamedTuple):
    """The shape of picture asked for; None keeps what the data has.

    Attributes:
        size: (height, width) in pixels.
        channels: how many; of picture files 1 to 4, as `read_image` takes them.
        levels: which numbers become black and white, and which were seen; None takes full scale.
        frames: of a file that has several: `first` or `all`; None refuses such a file.
        interpolations: how pictures of the first and of the second domain are resized; None blends both.
    """

    size: tuple[int, int] | None = None
    channels: int | None = None
    levels: Levels | None = None
    frames: str | None = None
    interpolations: tuple[Interpolation, Interpolation] | None = None

    def of(self, domain: int) -> Shape:
        """The same for the pictures of one domain, 0 or 1."""
        ways = self.interpolations
        return self if ways is None else self._replace(interpolations=(ways[domain], ways[domain]))

    @property
    def interpolation(self) -> Interpolation:
        """How pictures of one domain, or of the first, are resized."""
        return Interpolation(BICUBIC) if self.interpolations is None else self.interpolations[0]


def check_split(split: str) -> None:
    """Raises InputError for anything but `train`, `test` and `all`."""
    require_among((*SPLITS, "all"), split=split)


def splits_of(split: str) -> tuple[str, ...]:
    """The splits that one is made of: itself, or both for `all`."""
    return SPLITS if split == "all" else (split,)


def parse_size(given: AskedSize | None, option: str = "image_size") -> tuple[int, int] | None:
    """(height, width) of a side, of both sides or of a text such as `64x256`; None stays so.

    Raises:
        InputError: anything else, or a side below 1.
    """
    if given is None:
        return None
    sides: Sequence[Any] = str(given).split("x") if isinstance(given, int | str) else given
    try:
        height, width = (int(side) for side in (sides if len(sides) > 1 else [sides[0]] * 2))
    except (TypeError, ValueError):
        raise InputError(f"`{option}` must be a side, or HEIGHTxWIDTH as in 64x256. Received: {given}.") from None
    if min(height, width) < 1:
        raise InputError(f"`{option}` must be at least 1. Received: {given}.")
    return height, width


def asked_shape(
    image_size: AskedSize | None,
    channels: int | None,
    levels: Levels | None = None,
    frames: str | None = None,
    interpolations: tuple[Interpolation, Interpolation] | None = None,
) -> Shape:
    """What a caller asks for.

    Args:
        image_size: side of a square, (height, width), or a text as `parse_size` takes it.
        channels: 1 or more.
        levels: which numbers become black and white.
        frames: of a file that has several: `first` or `all`; None refuses such a file.
        interpolations: how pictures of the first and of the second domain are resized; None blends both.

    Raises:
        InputError: another number of channels, or a side below 1.
    """
    if channels is not None:
        require_integer(1, channels=channels)
    size = parse_size(image_size)
    if frames is not None:
        require_among((FIRST, ALL), frames=frames)
    return Shape(size, channels, levels, frames, interpolations)


@dataclass(frozen=True)
class Examples:
    """Pictures in memory, or mapped into it.

    Attributes:
        images: (n, height, width, channels), or pairs (n, 2, height, width, channels), uint8, or float32 in [-1, 1].
        labels: (n,) int64, or None.
        classes: names of the classes in the order of their labels; empty if unknown.
    """

    images: np.ndarray
    labels: np.ndarray | None = None
    classes: tuple[str, ...] = ()


def check_memory(name: str, n: int, shape: tuple[int, ...]) -> None:
    """Raises InputError where `n` pictures of `shape` do not fit in the memory set aside for data."""
    needed = n * int(np.prod(shape))
    if needed > MEMORY_LIMIT:
        raise InputError(
            f"{name} must fit in {MEMORY_LIMIT / 2**30:.0f} GiB once decoded. Received: {n} pictures of "
            f"{'x'.join(map(str, shape))}, {needed / 2**30:.1f} GiB; choose a smaller --image-size, or "
            "`keras-gen prepare` them and train on prepared:FOLDER."
        )


def of_classes(name: str, examples: Examples, known: Sequence[str]) -> Examples:
    """The labels as those of a table of classes, by the names of the classes.

    Args:
        name: the source, for messages.
        examples: unchanged where they have no labels.
        known: names of the classes; none changes nothing.

    Raises:
        InputError: a picture of a class that is not known.
    """
    if examples.labels is None or not known:
        return examples
    return Examples(examples.images, by_name(name, examples.labels, examples.classes, known), tuple(known))


class DomainExamples(NamedTuple):
    """Pictures of two domains.

    Attributes:
        a: of the first.
        b: of the second.
        paired: whether `b` holds what belongs to the pictures of `a`, in their order.
    """

    a: Examples
    b: Examples
    paired: bool


def of_pairs(pairs: Examples) -> DomainExamples:
    """Both domains of pairs (n, 2, height, width, channels), without a copy."""
    a, b = (Examples(pairs.images[:, domain], pairs.labels, pairs.classes) for domain in (0, 1))
    return DomainExamples(a, b, paired=True)


def joined(name: str, parts: list[Examples]) -> Examples:
    """The pictures of several splits one after the other; a single part is given as it is.

    Args:
        name: the source, for messages.
        parts: that of training first, which gives the classes; labelled in the result only if all of them are.

    Raises:
        InputError: pictures of two types or shapes, or too many for the memory; a class that the first part has not.
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    kinds = [f"{part.images.dtype} {size_text(part.images.shape[-3:])}" for part in parts]
    if len(set(kinds)) > 1:
        received = " and ".join(kinds)
        raise InputError(
            f"{name} must hold pictures of one type and one shape in all of its splits. Received: {received}."
        )
    check_memory(name, sum(len(part.images) for part in parts), first.images.shape[1:])
    labels = [by_name(name, part.labels, part.classes, first.classes) for part in parts if part.labels is not None]
    together = np.concatenate(labels) if len(labels) == len(parts) else None
    return Examples(np.concatenate([part.images for part in parts]), together, first.classes)
