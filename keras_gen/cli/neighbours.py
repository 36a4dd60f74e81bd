"""`keras-gen neighbours BUNDLE --data SOURCE --out neighbours.png`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_gen.cli.bundle_data import add_data, encode_data, read_data
from keras_gen.cli.bundle_options import add_resize, bundle_parser, open_bundle
from serving import Sampler
from serving.common.classes import class_labels
from serving.common.errors import InputError, require_among, require_at_least
from serving.common.images import grid, shown_text, to_uint8, write_png
from serving.latents.neighbours import GREY_LEVEL, nearest_neighbours, nearest_others

BY = ("pixels", "codes")


def run(words: Sequence[str]) -> int:
    """Writes a row per sample: the sample, then the pictures of a data set nearest to it; prints how near they are."""
    options = _options(words)
    sampler = open_bundle(options, ".png")
    _check_abilities(sampler, options.by)
    source = read_data(sampler, options)
    samples = to_uint8(sampler.sample(max(options.n, options.drawn), options.seed))
    pictures = to_uint8(source.examples.images)
    if options.by == "codes":
        points, references, unit = _codes(sampler, samples), encode_data(sampler, source), 1.0
    else:
        points, references, unit = samples, pictures, GREY_LEVEL
    rows, distances = nearest_neighbours(points, references, options.neighbours)
    own = nearest_others(references, len(points), options.seed)
    shown = np.concatenate([samples[: options.n, None], pictures[rows[: options.n]]], axis=1)
    write_png(Path(options.out), grid(shown.reshape(-1, *pictures.shape[1:]), options.neighbours + 1))
    print(f"distance by {options.by} to the nearest picture of {source.name} ({source.split}):")
    print(f"{len(samples)} samples: {_spread(unit * distances[:, 0])}")
    print(f"{len(own)} of these pictures to another: {_spread(unit * own)}")
    print(f"{options.n} samples and their neighbours{shown_text(pictures.shape[3])}: {options.out}")
    return 0


def _options(words: Sequence[str]) -> Any:
    parser = bundle_parser("neighbours", "Show samples beside the training pictures nearest to them.")
    add_data(parser, split="train")
    add_resize(parser)
    parser.add_argument("-n", "--n", type=int, default=10, help="number of samples to show.")
    parser.add_argument("--neighbours", type=int, default=5, help="number of nearest pictures beside each sample.")
    parser.add_argument("--drawn", type=int, default=1000, help="number of samples to measure, including those shown.")
    parser.add_argument("--by", type=str, default="pixels", help="what to compare: pixels in [-1, 1], or codes.")
    options = parser.parse_args(words)
    require_at_least(1, n=options.n, neighbours=options.neighbours, drawn=options.drawn)
    require_among(BY, by=options.by)
    return options


def _spread(distances: np.ndarray) -> str:
    return f"median {np.median(distances):.4g}, minimum {distances.min():.4g}"


def _check_abilities(sampler: Sampler, by: str) -> None:
    """Raises InputError for a bundle that cannot draw, or has no codes to compare by."""
    for ability in ("sample", "encode")[: BY.index(by) + 1]:
        if ability not in sampler.abilities:
            raise InputError(
                f"{sampler.bundle} must be able to {ability} for neighbours by {by}. "
                f"Received: a bundle that can {', '.join(sampler.abilities)}."
            )


def _codes(sampler: Sampler, samples: np.ndarray) -> np.ndarray:
    """Codes of samples, whose classes an encoder that sees them is given."""
    classes, bound = len(sampler.manifest.classes), sampler.label
    labels = class_labels(len(samples), classes) if sampler.takes_class and bound is None else None
    return sampler.encode(sampler.as_input(samples), labels=labels)
