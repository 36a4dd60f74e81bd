"""`keras-gen data SOURCE --out grid.png`: the pictures as a network would see them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_gen.cli.bundle_options import check_file
from keras_gen.cli.parser import Parser
from keras_gen.cli.quiet import quiet_import
from keras_gen.cli.reading import add_reading, reading, reading_domains
from keras_gen.data import (
    CHANNELS_HELP,
    DATA_HELP,
    VALUE_RANGE_HELP,
    Source,
    check_same_shape,
    import_data,
    open_domains,
    open_source,
)
from keras_gen.data.labels import shown
from keras_gen.data.preparing import of_two_domains
from keras_gen.data.translation import check_load_size
from serving.bundle.inputs import size_text
from serving.common.errors import InputError, require_at_least
from serving.common.images import shown_text, to_float, write_png
from serving.common.points import is_point, overview

COLUMNS, MOST_ROWS = 8, 32
# Points in a plot.
PLOTTED = 4000
# Pictures of which the range is told.
LOOKED_AT = 1024
EMPTY = 1.0


def run(words: Sequence[str]) -> int:
    """Writes a grid of pictures in their final size, cut out, mirrored and augmented as in training, and says what the
    data is."""
    options = _parser().parse_args(words)
    check_file("--out", options.out, ".png")
    require_at_least(1, columns=options.columns)
    require_at_least(0, seed=options.seed)
    quiet_import()
    for name in filter(None, (options.source, options.target)):
        import_data(name)
    rows = _of_two(options) if of_two_domains(options.source) else _of_one(options)
    pictures = np.concatenate(rows)
    write_png(Path(options.out), overview(pictures, options.columns))
    if is_point(pictures.shape[1:]):
        print(f"plot: {options.out}")
        return 0
    print(f"in the grid: values from {pictures.min():.3g} to {pictures.max():.3g}; outside of -1 to 1 they are cut off")
    print(f"grid: {options.out}{shown_text(pictures.shape[3])}")
    return 0


def _parser() -> Parser:
    parser = Parser("keras-gen data", description="Show the pictures of a data set as a network would see them.")
    parser.add_argument("source", type=str, help=DATA_HELP)
    parser.add_argument("--out", type=str, required=True, help="PNG file to write the grid to.")
    parser.add_argument("--target", type=str | None, default=None, help="a second data set to adapt to, as in train.")
    parser.add_argument("--split", type=str, default="train", help="split of the data: train, test or all.")
    size = "side of the pictures, or HEIGHTxWIDTH as in 64x256; the data's own size by default."
    parser.add_argument("--image_size", type=int | str | None, default=None, help=size)
    parser.add_argument("--channels", type=int | None, default=None, help=CHANNELS_HELP)
    add_reading(parser, VALUE_RANGE_HELP)
    load_size = "for two domains: resize pictures to this size, then take random crops of --image-size."
    parser.add_argument("--load_size", type=int | str | None, default=None, help=load_size)
    parser.add_argument("--mirror", type=bool, default=False, help="for two domains: mirror pictures at random.")
    parser.add_argument("--reverse", type=bool, default=False, help="for two domains: use the second one as A.")
    kinds = "changes as by --model.augmentation: color, translation, cutout, mirror, geometry, affine."
    parser.add_argument("--augmentation", type=str, nargs="+", default=[], help=kinds)
    parser.add_argument("--columns", type=int, default=COLUMNS, help="pictures in a row.")
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of which pictures are shown, and how they are changed."
    )
    return parser


def _of_one(options: Any) -> list[np.ndarray]:
    """A row of each class; of data without classes as many rows as columns."""
    for option in ("load_size", "mirror", "reverse"):
        if value := getattr(options, option):
            name = f"--{option.replace('_', '-')}"
            raise InputError(f"{name} must be left out for a source of one domain. Received: {str(value).lower()}.")
    names = [options.source, *filter(None, [options.target])]
    asked = (options.image_size, options.channels, options.split)
    sources = [open_source(name, *asked, **reading(options)) for name in names]
    if options.target is not None:
        check_same_shape(*sources)
    rows = []
    if is_point(sources[0].image_shape):
        return [_points(source) for source in sources]
    for source in sources:
        _say(source)
        drawn = _classes_of(source, options) if source.examples.labels is not None else [_drawn(source, options)]
        rows += [_augmented(to_float(pictures), options) for pictures in drawn]
    return [_filled(row, options.columns) for row in rows]


def _points(source: Source) -> np.ndarray:
    """Some of the points, all that can be told apart in a plot."""
    print(f"{source.name} ({source.split}): {len(source)} points of the plane")
    return source.draw(PLOTTED, seed=0).examples.images


def _of_two(options: Any) -> list[np.ndarray]:
    """A row of A above the same number of B; of pairs each above what belongs to it."""
    if options.target is not None:
        raise InputError(f"--target must be left out for a source of two domains. Received: {options.target}.")
    if options.load_size is not None:
        check_load_size(options.load_size, options.image_size)
    size = options.load_size or options.image_size
    both = open_domains(
        options.source, size, options.channels, options.split, options.reverse, **reading_domains(options)
    )
    _say(both.a)
    _say(both.b)
    count = min(options.columns**2, len(both.a), len(both.b))
    crop = None if options.load_size is None else options.image_size
    batch = next(iter(both.endless(count, options.seed, crop=crop, mirror=options.mirror)))
    a, b = (pictures.numpy() for pictures in batch)
    if both.paired:
        changed = _augmented(np.concatenate([a, b], axis=-1), options)
        a, b = np.split(changed, 2, axis=-1)
    else:
        a, b = _augmented(a, options), _augmented(b, options)
    print(f"rows: A and B in turn{', each B below its A' if both.paired else ''}")
    starts = range(0, count, options.columns)
    parts = [part[start : start + options.columns] for start in starts for part in (a, b)]
    return [_filled(part, options.columns) for part in parts]


def _say(source: Source) -> None:
    """What a source is: number, shape and range, and classes with the number of their pictures."""
    images, labels = source.examples.images, source.examples.labels
    some = to_float(images[np.linspace(0, len(images) - 1, min(len(images), LOOKED_AT)).astype(int)])
    print(
        f"{source.name} ({source.split}): {len(source)} pictures of {size_text(source.image_shape)}, "
        f"values from {some.min():.3g} to {some.max():.3g}, mean {some.mean():.3g}"
    )
    if labels is not None:
        counts = np.bincount(labels, minlength=len(source.classes))
        print(f"classes: {shown([f'{name} ({n})' for name, n in zip(source.classes, counts, strict=True)])}")


def _classes_of(source: Source, options: Any) -> list[np.ndarray]:
    """Pictures of each class, not too many classes, drawn with the seed, in the order of the labels."""
    labels = source.examples.labels
    assert labels is not None
    random = np.random.default_rng(options.seed)
    names = source.classes[:MOST_ROWS]
    print(f"rows: {shown(names)}")
    rows = [random.permutation(np.flatnonzero(labels == label))[: options.columns] for label in range(len(names))]
    return [source.examples.images[np.sort(row)] for row in rows]


def _drawn(source: Source, options: Any) -> np.ndarray:
    return source.draw(min(len(source), options.columns**2), options.seed).examples.images


def _augmented(images: np.ndarray, options: Any) -> np.ndarray:
    """What a discriminator with this augmentation is shown of pictures in [-1, 1]."""
    if not options.augmentation or not len(images):
        return images
    import tensorflow as tf

    from keras_gen.layers.augmentation import DifferentiableAugmentation

    augmentation = DifferentiableAugmentation(options.augmentation)
    noise = np.random.default_rng(options.seed).uniform(size=(len(images), augmentation.noise_size))
    return augmentation(tf.constant(images), tf.constant(noise, tf.float32)).numpy()


def _filled(pictures: np.ndarray, columns: int) -> np.ndarray:
    """Whole rows, at least one, filled up with white."""
    missing = -len(pictures) % columns if len(pictures) else columns
    return np.pad(pictures, ((0, missing), (0, 0), (0, 0), (0, 0)), constant_values=EMPTY)
