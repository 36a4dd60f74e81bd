"""Opens a data set by its name."""

from __future__ import annotations

from functools import partial

from keras_gen.data.examples import Shape, asked_shape, check_split
from keras_gen.data.forms import Form, Inner
from keras_gen.data.kinds import find_source
from keras_gen.data.source import Source
from keras_gen.data.streams import Stream, streamed


def open_source(
    name: str,
    image_size: int | tuple[int, int] | None = None,
    channels: int | None = None,
    split: str = "train",
) -> Source:
    """Opens a data set by name.

    Args:
        name: one of `SOURCE_NAMES`.
        image_size: side of a square, or (height, width): the largest centred part of that shape is
            resampled to it. None keeps the size.
        channels: 1 for grey, 3 for RGB; None keeps what the data has.
        split: `train`, `test` or `all`.

    Raises:
        InputError: an unknown source, a path that is not there, data that cannot be used.
    """
    return _source(name, split, asked_shape(image_size, channels))


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
    return Source(name, split, kind.read(place_of(kind.form, location), split, shape))


def _stream(name: str, split: str, shape: Shape) -> Stream:
    kind, location = find_source(name)
    check_split(split)
    if kind.stream is None:
        return streamed(name, _source(name, split, shape).examples)
    return kind.stream(place_of(kind.form, location), split, shape)
