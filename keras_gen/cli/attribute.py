"""`keras-gen attribute BUNDLE PICTURES --positive P --negative N --out a.png`, or `--data SOURCE --label NAME`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_gen.cli.bundle_data import add_data, encode_data, labels_of, read_data
from keras_gen.cli.bundle_options import add_pictures, bundle_parser, encode_files, open_bundle, write_grid
from serving import Sampler
from serving.common.classes import class_index
from serving.common.errors import InputError
from serving.latents.attributes import direction, move

STRENGTHS = [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0]


def run(words: Sequence[str]) -> int:
    """Writes a row of pictures for every picture, with less and more of an attribute."""
    parser = bundle_parser(
        "attribute", "Show pictures with less and more of an attribute that sets some pictures apart."
    )
    add_pictures(parser)
    parser.add_argument("--positive", type=str, nargs="+", default=[], help="pictures with the attribute.")
    parser.add_argument("--negative", type=str, nargs="+", default=[], help="pictures without the attribute.")
    add_data(parser, split="train", required=False)
    parser.add_argument(
        "--label",
        type=str | None,
        default=None,
        help="with --data: the class whose pictures have the attribute; all others do not.",
    )
    parser.add_argument(
        "--strengths",
        type=list[float],
        default=STRENGTHS,
        help="how much of the attribute to add: 0 is the picture itself, 1 adds it once.",
    )
    options = parser.parse_args(words)
    sampler = open_bundle(options, ".png")
    _check_examples(options)
    _, codes = encode_files(sampler, options.pictures, options.resize)
    positive, negative = _of_class(sampler, options) if options.data else _of_files(sampler, options)
    moved = move(codes, direction(positive, negative), options.strengths)
    write_grid(options.out, sampler.decode(moved), columns=len(options.strengths))
    return 0


def _check_examples(options: Any) -> None:
    given = {
        "--positive": options.positive,
        "--negative": options.negative,
        "--data": options.data,
        "--label": options.label,
    }
    names = [name for name, value in given.items() if value]
    if names not in (["--positive", "--negative"], ["--data", "--label"]):
        raise InputError(
            "the attribute must be given by --positive and --negative pictures, or by --data and --label. "
            f"Received: {', '.join(names) or 'none of them'}."
        )


def _of_files(sampler: Sampler, options: Any) -> tuple[np.ndarray, np.ndarray]:
    """Codes with and without the attribute."""
    _, positive = encode_files(sampler, options.positive, options.resize)
    _, negative = encode_files(sampler, options.negative, options.resize)
    return positive, negative


def _of_class(sampler: Sampler, options: Any) -> tuple[np.ndarray, np.ndarray]:
    """Codes of a class, and of all other classes."""
    source = read_data(sampler, options)
    labels = labels_of(source)
    name = options.label
    chosen = labels == class_index(name, source.classes)
    for what, rows in ((f"of class {name!r}", chosen), (f"of another class than {name!r}", ~chosen)):
        if not rows.any():
            raise InputError(f"{source.name} ({source.split}) must have a picture {what}. Received: no such picture.")
    codes = encode_data(sampler, source)
    return codes[chosen], codes[~chosen]
