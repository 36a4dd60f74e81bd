"""`keras-gen attribute BUNDLE PICTURES --positive P --negative N --out a.png`, or `--data SOURCE --label NAME`.

Of latents: `keras-gen attribute BUNDLE --latents z.npy --positive-latents p.npy --negative-latents n.npy --out a.png`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_gen.cli.bundle_data import add_data, encode_data, labels_of, read_data
from keras_gen.cli.bundle_options import (
    add_latents,
    add_pictures,
    bundle_parser,
    encode_files,
    open_bundle,
    read_latents,
    write_grid,
)
from keras_gen.cli.spelling import as_option
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
    add_pictures(parser, nargs="*")
    add_latents(parser)
    parser.add_argument("--positive", type=str, nargs="+", default=[], help="pictures with the attribute.")
    parser.add_argument("--negative", type=str, nargs="+", default=[], help="pictures without the attribute.")
    parser.add_argument(
        "--positive_latents", type=str | None, default=None, help=".npy file of latents with the attribute instead."
    )
    parser.add_argument(
        "--negative_latents", type=str | None, default=None, help=".npy file of latents without the attribute instead."
    )
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
    codes = _codes(sampler, options, options.pictures, "latents")
    positive, negative = _of_class(sampler, options) if options.data else _of_files(sampler, options)
    towards = direction(positive, negative)
    towards[len(towards) - sampler.latent.noise :] = 0.0  # noise of layers has no attribute
    moved = move(codes, towards, options.strengths)
    write_grid(options.out, sampler.decode(moved), columns=len(options.strengths))
    return 0


def _check_examples(options: Any) -> None:
    known = ("positive", "negative", "positive_latents", "negative_latents", "data", "label")
    names = [as_option(name) for name in known if options[name]]
    pairs = (["--positive", "--negative"], ["--positive-latents", "--negative-latents"], ["--data", "--label"])
    if names not in pairs:
        raise InputError(
            "the attribute must be given by --positive and --negative pictures, by --positive-latents and "
            f"--negative-latents, or by --data and --label. Received: {', '.join(names) or 'none of them'}."
        )
    if bool(options.pictures) == bool(options.latents):
        received = "both" if options.pictures else "neither"
        raise InputError(f"an attribute must be added to pictures or to --latents. Received: {received}.")


def _codes(sampler: Sampler, options: Any, pictures: list[str], latents: str) -> np.ndarray:
    """Of an option of latents where it was given, else of pictures."""
    if options[latents]:
        return read_latents(sampler, options[latents], as_option(latents))
    return encode_files(sampler, pictures, options.resize)[1]


def _of_files(sampler: Sampler, options: Any) -> tuple[np.ndarray, np.ndarray]:
    """Codes with and without the attribute."""
    return (
        _codes(sampler, options, options.positive, "positive_latents"),
        _codes(sampler, options, options.negative, "negative_latents"),
    )


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
