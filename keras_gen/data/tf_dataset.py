"""Pictures of a `tf.data.Dataset`, whose elements are pictures, (picture, label), pairs of pictures, or batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from keras_gen.data.arrays import conform_picture, from_arrays, pairs_from, pixels, require_channels
from keras_gen.data.examples import Examples, Shape
from keras_gen.data.streams import OneSize, Stream, in_memory, streamed
from serving.common.errors import InputError
from serving.common.interpolation import LOOKED_AT
from serving.common.levels import Levels

if TYPE_CHECKING:
    import tensorflow as tf

PICTURE_AXES = 3


def gives_pairs(dataset: tf.data.Dataset) -> bool:
    """Whether elements are two pictures, or two batches of them."""
    axes = _axes(dataset.element_spec)
    return len(axes) == 2 and set(axes) in ({PICTURE_AXES}, {PICTURE_AXES + 1})


def examples_of(name: str, dataset: tf.data.Dataset, shape: Shape, classes: tuple[str, ...] = ()) -> Examples:
    """All pictures, or pairs, in the shape asked for.

    Args:
        name: what they were opened by.
        dataset: one that ends.
        shape: what is asked for.
        classes: names of the classes.

    Raises:
        InputError: other elements, types or ranges; a data set that does not end, or that raises an error.
    """
    single = _single(name, dataset)
    if not _are_floats(single):
        _look_at(name, single, shape)
        return in_memory(_elements(name, single, classes, _converting(name, single, shape)))
    found = in_memory(_elements(name, single, classes, lambda picture, _: np.asarray(picture)))
    if gives_pairs(single):
        return pairs_from(name, found.images, shape)
    return from_arrays(name, found.images, found.labels, shape, classes)


def stream_of(name: str, dataset: tf.data.Dataset, shape: Shape, classes: tuple[str, ...] = ()) -> Stream:
    """The same one after the other. Floats are read into memory first: all of them together tell their range."""
    single = _single(name, dataset)
    if _are_floats(single):
        return streamed(name, examples_of(name, single, shape, classes))
    _look_at(name, single, shape)
    return _elements(name, single, classes, _converting(name, single, shape))


def _axes(spec: Any) -> list[int | None]:
    """How many axes each part of an element has."""
    import tensorflow as tf

    parts = spec if isinstance(spec, tuple) else (spec,)
    return [part.shape.rank if isinstance(part, tf.TensorSpec) else None for part in parts]


def _single(name: str, dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Elements that are a picture, (picture, label) or (picture, picture), and not batches of these."""
    spec = dataset.element_spec
    axes = _axes(spec)
    batched = int(axes[0] == PICTURE_AXES + 1)
    picture = PICTURE_AXES + batched
    # A label has an axis of its own where it is a one-hot row.
    labelled = axes in ([picture, batched], [picture, batched + 1])
    if not (labelled or axes in ([picture], [picture, picture])):
        raise InputError(
            f"{name} must give pictures (height, width, channels), (picture, label), (picture, picture), or "
            f"batches of one of them. Received: {_text(spec)}."
        )
    return dataset.unbatch() if batched else dataset


def _text(spec: Any) -> str:
    """An element as its types and shapes."""
    import tensorflow as tf

    if isinstance(spec, tuple):
        return f"({', '.join(map(_text, spec))})"
    if isinstance(spec, dict):
        return f"{{{', '.join(f'{key!r}: {_text(part)}' for key, part in spec.items())}}}"
    return f"{spec.dtype.name} {spec.shape}" if isinstance(spec, tf.TensorSpec) else type(spec).__name__


def _are_floats(single: tf.data.Dataset) -> bool:
    spec = single.element_spec
    return (spec[0] if isinstance(spec, tuple) else spec).dtype.is_floating


def _elements(
    name: str, single: tf.data.Dataset, classes: tuple[str, ...], convert: Callable[[np.ndarray, int], np.ndarray]
) -> Stream:
    """Pictures that are converted, each with the number of its domain, as they are asked for; pairs become an array."""
    pairs, alone = gives_pairs(single), not isinstance(single.element_spec, tuple)

    def taken() -> Iterator[tuple[np.ndarray, Any]]:
        for row, element in enumerate(_as_numpy(name, single)):
            if alone:
                yield convert(element, 0), None
            elif pairs:
                yield (
                    _together(
                        f"pair {row} of {name}", [convert(picture, domain) for domain, picture in enumerate(element)]
                    ),
                    None,
                )
            else:
                yield convert(element[0], 0), element[1]

    return Stream(name, _count(name, single), taken(), classes)


def _look_at(name: str, single: tf.data.Dataset, shape: Shape) -> None:
    """Decides how pictures of each domain are resized, by the first few."""
    if shape.size is None:
        return
    single_picture = not isinstance(single.element_spec, tuple)
    elements = [(one,) if single_picture else one for one in _as_numpy(name, single.take(LOOKED_AT))]
    for domain in (0, 1) if gives_pairs(single) else (0,):
        pictures = [np.asarray(element[domain]) for element in elements]
        shape.of(domain).interpolation.settle((one for one in pictures if one.dtype == np.uint8), shape.size)


def _converting(name: str, single: tf.data.Dataset, shape: Shape) -> Callable[[np.ndarray, int], np.ndarray]:
    """From a picture and its domain to what is asked for; what is alone has the domain of the shape."""
    pairs = gives_pairs(single)
    return lambda picture, domain: _as_bytes(name, shape.of(domain) if pairs else shape, picture)


def _together(place: str, pair: list[np.ndarray]) -> np.ndarray:
    one_size = OneSize(channels=True)
    for picture, domain in zip(pair, "AB", strict=True):
        one_size.check(picture, f"{domain} of {place}")
    return np.stack(pair)


def _as_bytes(name: str, shape: Shape, picture: np.ndarray) -> np.ndarray:
    if 0 in picture.shape:
        raise InputError(f"{name} must give pictures (height, width, channels). Received: {picture.shape}.")
    require_channels(name, picture.shape, shape)
    return conform_picture(name, pixels(name, picture[None], shape.levels or Levels())[0], shape)


def labels_of(name: str, dataset: tf.data.Dataset) -> list[Any]:
    """The labels of all elements; none where these have no labels."""
    single = _single(name, dataset)
    if gives_pairs(single) or not isinstance(single.element_spec, tuple):
        return []
    return list(_as_numpy(name, single.map(lambda picture, label: label)))


def _as_numpy(name: str, dataset: tf.data.Dataset) -> Iterator[Any]:
    try:
        yield from dataset.as_numpy_iterator()
    except Exception as error:  # whatever a user's functions raise in it, as TensorFlow passes it on
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
        raise InputError(f"{name} must give pictures to its end. Received: {reason}.") from error


def _count(name: str, dataset: tf.data.Dataset) -> int:
    """How many elements there are; where TensorFlow does not know, they are counted."""
    import tensorflow as tf

    known = int(dataset.cardinality())
    if known == tf.data.INFINITE_CARDINALITY:
        raise InputError(f"{name} must give a tf.data.Dataset that ends. Received: one that repeats without end.")
    if known != tf.data.UNKNOWN_CARDINALITY:
        return known
    return sum(1 for _ in tqdm(_as_numpy(name, dataset), "counting", leave=False, disable=None))
