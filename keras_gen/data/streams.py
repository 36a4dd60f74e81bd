"""Pictures one after the other, of a set that need not fit in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from tqdm import tqdm

from keras_gen.data.examples import Examples, check_memory
from keras_gen.data.labels import index_by_name, named_classes
from serving.common.background import mapped
from serving.common.errors import InputError


@dataclass(frozen=True)
class Stream:
    """Pictures, or pairs of them, one after the other.

    Attributes:
        name: what they were opened by.
        count: how many there are.
        examples: pictures (height, width, channels), or pairs (2, height, width, channels), uint8 or float32 in
            [-1, 1], each with its label or None. Labels without names may be what `named_classes` takes.
        classes: names of the classes in the order of their labels; empty if unknown.
        places: where each comes from, for messages; empty if unknown.
    """

    name: str
    count: int
    examples: Iterator[tuple[np.ndarray, Any]]
    classes: tuple[str, ...] = ()
    places: Sequence[Any] = ()

    def unlabelled(self) -> Stream:
        """The pictures alone."""
        return replace(self, examples=((picture, None) for picture, _ in self.examples), classes=())

    def of_classes(self, known: tuple[str, ...]) -> Stream:
        """The labels as those of a table of classes, by the names of the classes; without names they stay.

        Raises, when such a picture comes:
            InputError: its class is not known.
        """
        if not self.classes or not known or self.classes == known:
            return self
        index = index_by_name(self.name, self.classes, known)
        names = self.classes
        return replace(
            self, examples=((picture, index(names[label])) for picture, label in self.examples), classes=known
        )

    def checked(self, one_size: OneSize, title: str) -> Iterator[tuple[np.ndarray, Any]]:
        """The examples, with a bar of the progress.

        Args:
            one_size: what compares the size of each with those before.
            title: of the bar.

        Raises:
            InputError: a picture of another size, or none at all.
        """
        if not self.count:
            raise InputError(f"{self.name} must hold pictures. Received: 0 pictures.")
        for row, example in enumerate(tqdm(self.examples, title, self.count, leave=False, disable=None)):
            one_size.check(example[0], str(self.places[row]) if self.places else f"picture {row} of {self.name}")
            yield example


class OneSize:
    """Raises InputError for a picture of another size than the first that it was shown.

    Args:
        channels: whether channels are a part of the size.
    """

    def __init__(self, channels: bool = False) -> None:
        self._axes = slice(-3, None if channels else -1)
        self._first: tuple[tuple[int, ...], str] | None = None

    def check(self, picture: np.ndarray, place: str) -> None:
        """Compares a picture (..., height, width, channels) with the first.

        Args:
            picture: the picture.
            place: what it is called in the message.
        """
        size = picture.shape[self._axes]
        self._first = self._first or (size, place)
        wanted, first = self._first
        if size != wanted:
            option = "--channels" if size[:2] == wanted[:2] else "--image-size (or --resize, for a bundle)"
            raise InputError(
                f"pictures must have one size unless {option} is given. "
                f"Received: {_text(wanted)} ({first}) and {_text(size)} ({place})."
            )


def _text(size: tuple[int, ...]) -> str:
    return "x".join(map(str, (size[1], size[0], *size[2:])))


def decoded(
    name: str,
    items: Sequence[Any],
    read: Callable[[Any], np.ndarray],
    labels: Sequence[int] | None = None,
    classes: tuple[str, ...] = (),
    places: Sequence[Any] = (),
) -> Stream:
    """Pictures that as many threads as there are cores decode as they are asked for.

    Args:
        name: what they were opened by.
        items: what they are read from.
        read: from an item to its picture.
        labels: of each; None if unknown.
        classes: names of the classes.
        places: what items are called in messages; themselves by default.
    """
    cores = os.cpu_count() or 1
    targets = [None] * len(items) if labels is None else labels
    pictures = mapped(read, items, cores, 4 * cores)
    return Stream(name, len(items), zip(pictures, targets, strict=True), classes, places or items)


def streamed(name: str, examples: Examples) -> Stream:
    """Pictures in memory one after the other."""
    labels = examples.labels
    targets = [None] * len(examples.images) if labels is None else labels.tolist()
    return Stream(name, len(examples.images), zip(examples.images, targets, strict=True), examples.classes)


def chained(streams: list[Stream]) -> Stream:
    """The pictures of several splits one after the other, with the classes of the first."""
    first, *others = streams
    if not others:
        return first
    examples = chain.from_iterable(stream.of_classes(first.classes).examples for stream in streams)
    return replace(first, count=sum(stream.count for stream in streams), examples=examples, places=())


def in_memory(stream: Stream) -> Examples:
    """All pictures of a stream; where some are grey and some in colour, all in colour.

    Raises:
        InputError: pictures of different sizes or other numbers of channels, or too many for the memory.
    """
    pictures: list[np.ndarray] = []
    labels: list[Any] = []
    for picture, label in stream.checked(OneSize(), "decoding"):
        if not pictures:
            check_memory(stream.name, stream.count, picture.shape)
        pictures.append(picture)
        if label is not None:
            labels.append(label)
    numbers = {picture.shape[-1] for picture in pictures}
    channels = max(numbers)
    if len(numbers) > 1 and numbers != {1, 3}:
        received = " and ".join(map(str, sorted(numbers)))
        raise InputError(f"{stream.name} must hold pictures of one number of channels. Received: {received}.")
    images = np.stack([np.broadcast_to(picture, (*picture.shape[:-1], channels)) for picture in pictures])
    found = named_classes(stream.name, labels, len(images), stream.classes) if labels else (None, stream.classes)
    return Examples(images, *found)
