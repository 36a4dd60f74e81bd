"""Opens a data set by its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from keras_gen.data.examples import AskedSize, MissingSplitError, Shape, asked_shape, check_split, of_classes
from keras_gen.data.forms import Form, Inner
from keras_gen.data.kinds import Kind, find_source
from keras_gen.data.source import Source
from keras_gen.data.streams import Stream, streamed
from serving.common.errors import InputError, require_among
from serving.common.interpolation import BICUBIC, NEAREST, Choice, Interpolation
from serving.common.levels import Levels, ValueRange, parse_value_range

VALUE_RANGE_HELP = (
    "numbers in the data that become black and white: LOW,HIGH, or auto for the lowest and the highest of the training "
    "pictures; full scale of 8 or 16 bits by default."
)

CHANNELS_HELP = (
    "1 for grey, 3 for RGB, 2 or 4 for opacity as one more channel; more, such as 13 spectral bands, if the data is "
    "arrays. The data's own by default, and transparent pictures on white."
)

FRAMES_HELP = "of picture files with several frames: take the first, or all, each as a picture; refused by default."


def open_source(
    name: str,
    image_size: AskedSize | None = None,
    channels: int | None = None,
    split: str = "train",
    classes: Sequence[str] = (),
    value_range: ValueRange | str | None = None,
    frames: str | None = None,
    interpolation: Choice | None = None,
) -> Source:
    """Opens a data set by name.

    Args:
        name: one of `SOURCE_NAMES`.
        image_size: side of a square, (height, width), or a text such as `64x256`, height before width: the largest
            centred part of that shape is resampled to it. None keeps the size.
        channels: 1 for grey, 3 for RGB, 2 or 4 for opacity as one more channel; any number that arrays have. None keeps
            what the data has, but for picture files with transparency, which are put on white.
        split: `train`, `test` or `all`.
        classes: names of the classes of a model, whose labels the pictures get by these names. By default the classes
            are those of the training split, for every split.
        value_range: (low, high), the numbers in the data that become black and white; `auto` for the lowest and the
            highest number of the training pictures, which are read once more for it. By default numbers of 8 and 16
            bits are used by full scale, and floats are in [0, 1] or [-1, 1].
        frames: of a picture file that has several: `first`, or `all`, each of which is then a picture; by default such
            a file is refused.
        interpolation: how pictures are resized: `bicubic` blends pixels, `nearest` keeps the colours of label maps. By
            default pictures of few colours are taken for label maps.

    Raises:
        InputError: an unknown source, a path that is not there, data that cannot be used, a class that is not known.
    """
    levels = Levels(resolved_range(value_range, partial(measure, name, frames, channels)))
    source = _source(name, split, asked_shape(image_size, channels, levels, frames, ways(interpolation)))
    if split != "test":
        source.levels.warn(name)
        source.interpolation.say(name)
    return source.of_classes(classes) if classes else source


def open_stream(
    name: str,
    image_size: AskedSize | None = None,
    channels: int | None = None,
    split: str = "train",
    levels: Levels | None = None,
    frames: str | None = None,
    interpolations: tuple[Interpolation, Interpolation] | None = None,
) -> Stream:
    """The pictures of a data set one after the other; arguments and errors as for `open_source`."""
    return _stream(name, split, asked_shape(image_size, channels, levels, frames, interpolations))


def ways(interpolation: Choice | None) -> tuple[Interpolation, Interpolation]:
    """How pictures of one domain are resized."""
    way = interpolation_of(interpolation)
    return way, way


def interpolation_of(choice: Choice | None) -> Interpolation:
    """How pictures are resized.

    Raises:
        InputError: an unknown choice.
    """
    if choice is not None:
        require_among((BICUBIC, NEAREST), interpolation=choice)
    return Interpolation(choice)


def resolved_range(value_range: object, measure: Callable[[Levels], None]) -> ValueRange | None:
    """The range that is meant.

    Args:
        value_range: what `parse_value_range` takes.
        measure: shows all training pictures to levels that note their numbers.
    """
    parsed = parse_value_range(value_range)
    if not isinstance(parsed, str):
        return parsed
    levels = Levels(measuring=True)
    measure(levels)
    return levels.value_range


def measure(name: str, frames: str | None, channels: int | None, levels: Levels) -> None:
    """Lets levels see all training pictures, and take the range of their numbers."""
    for _ in _stream(name, "train", asked_shape(None, channels, levels, frames)).examples:
        pass
    levels.settle(name)


def place_of(form: Form, location: str) -> str | Inner:
    """What a kind of this form opens: the location, or the source that is named there."""
    if not form.wraps:
        return location
    chosen, _, name = location.partition(":") if form.chosen else ("", "", location)
    if not name:
        raise InputError(f"the data source must be {form.texts[0]}. Received: nothing after {chosen!r}.")
    return Inner(name, partial(_source, name), partial(_stream, name), chosen)


def _source(name: str, split: str, shape: Shape) -> Source:
    kind, location = find_source(name)
    check_split(split)
    levels = shape.levels or Levels()
    found = kind.read(place_of(kind.form, location), split, shape._replace(levels=levels))
    examples = found if found.labels is None else of_classes(name, found, _table(kind, location, split))
    return Source(name, split, examples, levels, shape.interpolation)


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
