"""What the commands that run a bundle on a data set share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_gen.cli.parser import Parser
from keras_gen.cli.reading import add_reading, as_trained, reading
from keras_gen.data import SOURCE_NAMES, Source, import_data, open_source
from serving import Sampler
from serving.bundle.inputs import size_text
from serving.bundle.names import LABEL
from serving.common.errors import InputError, require_at_least
from serving.common.images import to_uint8

PIECE = 1024


def add_data(parser: Parser, split: str, count: int | None = None, required: bool = True) -> None:
    """Adds the options that `read_data` takes but `--resize`: a data set, and which part of it."""
    kind = str if required else str | None
    parser.add_argument("--data", type=kind, required=required, default=None, help=f"data set: {SOURCE_NAMES}.")
    parser.add_argument("--split", type=str, default=split, help="split of the data: train, test or all.")
    parser.add_argument(
        "--count", type=int | None, default=count, help="use at most N pictures, drawn at random; null for all of them."
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of all random draws.")
    add_reading(parser, as_trained("bundle"))


def read_data(sampler: Sampler, options: Any) -> Source:
    """The data set of `--data`, or `--count` of it drawn with `--seed`, in the order of the data, with labels of the
    bundle's classes where its encoder is told the class.

    Raises:
        InputError: data that cannot be read, of another shape than the bundle takes without `--resize`, or of a class
            that the bundle does not know.
    """
    require_at_least(0, seed=options.seed)
    require_at_least(1, count=1 if options.count is None else options.count)
    image = sampler.manifest.image
    size = (image.height, image.width) if options.resize else None
    # What is neither grey nor RGB must be asked for.
    channels = image.channels if options.resize or image.channels not in (1, 3) else None
    import_data(options.data)
    read = reading(options)
    read |= {name: read[name] or getattr(image, name) for name in ("value_range", "interpolation")}
    source = open_source(options.data, size, channels, options.split, **read)
    wanted = (image.height, image.width, image.channels)
    if source.image_shape != wanted:
        raise InputError(
            f"{source.name} must be {size_text(wanted)}, which the bundle takes; --resize converts it. "
            f"Received: {size_text(source.image_shape)}."
        )
    encoder = sampler.manifest.networks.get("encoder")
    told = sampler.manifest.classes if encoder is not None and LABEL in encoder.inputs else ()
    return source.of_classes(told).draw(options.count, options.seed)


def labels_of(source: Source) -> np.ndarray:
    """(n,) int64 labels.

    Raises:
        InputError: a source without them.
    """
    if source.examples.labels is None:
        raise InputError(f"{source.name} must have labels. Received: pictures alone.")
    return source.examples.labels


def batches_of(sampler: Sampler, source: Source) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """Pictures, rounded to grey levels as `evaluate` does, in the type that the bundle takes, with their labels.

    Piece by piece: a bundle that takes floats would need four times the data's memory at once.
    """
    images, labels = source.examples.images, source.examples.labels
    for start in range(0, len(images), PIECE):
        rows = slice(start, start + PIECE)
        yield sampler.as_input(to_uint8(images[rows])), None if labels is None else labels[rows]


def encode_data(sampler: Sampler, source: Source) -> np.ndarray:
    """Codes of a source's pictures; an encoder that sees classes is given the source's labels."""
    batches = batches_of(sampler, source)
    told = sampler.takes_class
    return np.concatenate([sampler.encode(images, labels=labels if told else None) for images, labels in batches])
