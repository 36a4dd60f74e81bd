"""Opens a data set by its name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from keras_gen.data.examples import MissingSplitError, Shape, asked_shape, check_split, of_classes
from keras_gen.data.forms import Form, Inner
from keras_gen.data.kinds import Kind, find_source
from keras_gen.data.source import Source
from keras_gen.data.streams import Stream, streamed


def open_source(
    name: str,
    image_size: int | tuple[int, int] | None = None,
    channels: int | None = None,
    split: str = "train",
    classes: Sequence[str] = (),
) -> Source:
    """Opens a data set by name.

    Args:
        name: one of `SOURCE_NAMES`.
        image_size: side of a square, or (height, width): the largest centred part of that shape is
            resampled to it. None keeps the size.
        channels: 1 for grey, 3 for RGB; None keeps what the data has.
        split: `train`, `test` or `all`.
        classes: names of the classes of a model, whose labels the pictures get by these names. By default the classes
            are those of the training split, for every split.

    Raises:
        InputError: an unknown source, a path that is not there, data that cannot be used, a class that is not known.
    """
    source = _source(name, split, asked_shape(image_size, channels))
    return source.of_classes(classes) if classes else source


def open_stream(
    name: str, image_size: int | tuple[int, int] | None = None, channels: int | None = None, split: str = "train"
) -> Stream:
    """The pictures of a data set one after the other; arguments and errors as for `open_source`."""
    return _stream(name, split, asked_shape(image_size, channels))


def place_of(form: Form, location: str) -> str | Inner:
    """What a kind of this form opens: the location, or the source that is named there."""
    return Inner(location, partial(_source, location), partial(_stream, location)) if form.wraps else location


def _source(name: str, split: str, shape: Shape) -> Source:
    kind, location = find_source(name)
    check_split(split)
    found = kind.read(place_of(kind.form, location), split, shape)
    return Source(
        name, split, found if found.labels is None else of_classes(name, found, _table(kind, location, split))
    )


def _stream(name: str, split: str, shape: Shape) -> Stream:
    kind, location = find_source(name)
    check_split(split)
    if kind.stream is None:
        return streamed(name, _source(name, split, shape).examples)
    found = kind.stream(place_of(kind.form, location), split, shape)
    return found.of_classes(_table(kind, location, split)) if found.classes else found


def _table(kind: Kind[Any, Any], location: str, split: str) -> tuple[str, ...]:
    """The classes that training knows; none where they are what was just read."""
    if split == "train" or kind.classes is None:
        return ()
    try:
        return kind.classes(location)
    except MissingSplitError:
        return ()
