"""`keras-gen traverse BUNDLE --out traversal.png`."""

from __future__ import annotations

from collections.abc import Sequence

from keras_gen.cli.bundle_options import (
    add_latents,
    bundle_parser,
    encode_files,
    open_bundle,
    read_directions,
    read_latents,
    write_grid,
)
from serving.common.errors import InputError
from serving.latents.directions import along
from serving.latents.latent_space import traverse


def run(words: Sequence[str]) -> int:
    """Writes a row of pictures for every dimension, moved while the others stay."""
    parser = bundle_parser("traverse", "Show what each latent dimension changes, in a row of pictures each.")
    parser.add_argument(
        "--picture", type=str | None, default=None, help="start from the code of this picture instead of a sample."
    )
    parser.add_argument("--resize", type=bool, default=False, help="resize the picture to what the bundle takes.")
    add_latents(parser)
    parser.add_argument("--seed", type=int, default=0, help="start from the first sample of this seed.")
    parser.add_argument(
        "--dimensions",
        type=list[int] | None,
        default=None,
        help="dimensions to change, as in '[0, 3]'; all by default.",
    )
    parser.add_argument(
        "--directions",
        type=str | None,
        default=None,
        help="go along the directions of this .npy file instead, as keras-gen directions writes them.",
    )
    parser.add_argument("--steps", type=int, default=9, help="number of pictures in a row.")
    parser.add_argument(
        "--reach",
        type=float,
        default=3.0,
        help="how far to go to either side, in standard deviations of a normal prior, or in lengths of a direction.",
    )
    options = parser.parse_args(words)
    sampler = open_bundle(options, ".png")
    size = sampler.latent.size - sampler.latent.noise
    if options.directions and options.dimensions is not None:
        raise InputError("a traversal must go along --dimensions or --directions. Received: both.")
    if options.picture and options.latents:
        raise InputError("a traversal must start from --picture or from the first of --latents. Received: both.")
    if options.latents:
        codes = read_latents(sampler, options.latents)
    elif options.picture:
        _, codes = encode_files(sampler, [options.picture], options.resize)
    else:
        codes = sampler.latents(1, options.seed)
    if options.directions:
        latents = along(codes[0], read_directions(options.directions, size), options.steps, options.reach)
    else:
        dimensions = range(size) if options.dimensions is None else options.dimensions
        latents = traverse(codes[0], dimensions, options.steps, options.reach)
    write_grid(options.out, sampler.decode(latents), columns=options.steps)
    return 0
