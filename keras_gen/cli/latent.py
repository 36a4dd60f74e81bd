"""`keras-gen latent BUNDLE --data SOURCE --out latent.png`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from keras_gen.cli.bundle_data import add_data, encode_data, read_data
from keras_gen.cli.bundle_options import add_resize, bundle_parser, open_bundle
from serving.common.errors import InputError
from serving.latents.latent_space import check_dimensions
from serving.latents.plot import latent_figure, widest, write_figure

COUNT = 2000
MOST_IN_TITLE = 30


def run(words: Sequence[str]) -> int:
    """Draws the codes of a data set by class, beside as many draws of the prior where there is one."""
    parser = bundle_parser("latent", "Plot the codes of a data set by class, beside draws of the prior.")
    add_data(parser, split="test", count=COUNT)
    add_resize(parser)
    parser.add_argument(
        "--dimensions",
        type=tuple[int, int] | None,
        default=None,
        help="dimensions to plot, across and up, as in '[0, 1]'; those that vary most by default.",
    )
    options = parser.parse_args(words)
    sampler = open_bundle(options, ".png")
    size = sampler.latent.size
    if size < 2:
        raise InputError(f"{sampler.bundle} must have a latent of at least 2 numbers for a plane. Received: {size}.")
    if options.dimensions is not None:
        check_dimensions(size, options.dimensions, 2)
    source = read_data(sampler, options)
    codes = encode_data(sampler, source)
    draws = sampler.latents(len(codes), options.seed) if "sample" in sampler.abilities else None
    dimensions = options.dimensions or widest(codes)
    name = source.name if len(source.name) <= MOST_IN_TITLE else f"...{source.name[-MOST_IN_TITLE:]}"
    title = f"codes of {len(codes)} pictures: {name} ({source.split})"
    figure = latent_figure(codes, dimensions, source.examples.labels, source.classes, draws, title)
    write_figure(Path(options.out), figure)
    print(f"{len(codes)} codes, dimensions {dimensions[0]} and {dimensions[1]} of {size}: {options.out}")
    return 0
