"""`keras-gen interpolate BUNDLE A.png B.png --out way.png`, or `--seeds '[1, 2]'`, or `--latents z.npy`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keras_gen.cli.bundle_options import (
    add_latents,
    add_pictures,
    bundle_parser,
    encode_files,
    open_bundle,
    read_latents,
    write_grid,
)
from serving.common.errors import InputError
from serving.latents.latent_space import Path, interpolate


def run(words: Sequence[str]) -> int:
    """Writes the pictures on the way between pictures, between the first samples of seeds, or between latents."""
    parser = bundle_parser(
        "interpolate", "Show the pictures between pictures, between samples of seeds, or between latents."
    )
    add_pictures(parser, nargs="*")
    parser.add_argument(
        "--seeds",
        type=list[int] | None,
        default=None,
        help="interpolate between samples of these seeds instead, as in '[1, 2]'.",
    )
    add_latents(parser)
    parser.add_argument(
        "--steps", type=int, default=10, help="number of pictures from one end to the next, both counted."
    )
    parser.add_argument(
        "--path",
        type=Path | None,
        default=None,
        help="path through the latent space: a straight line, or an arc of a sphere; by default the line in a space of "
        "styles, else the arc.",
    )
    options = parser.parse_args(words)
    sampler = open_bundle(options, ".png")
    if sum(map(bool, (options.pictures, options.seeds, options.latents))) != 1:
        several = options.pictures or options.seeds
        raise InputError(
            "an interpolation must be between pictures, between --seeds or between --latents. "
            f"Received: {'more than one of them' if several else 'only the bundle'}."
        )
    if options.seeds:
        stations = np.concatenate([sampler.latents(1, seed) for seed in options.seeds])
    elif options.latents:
        stations = read_latents(sampler, options.latents)
    else:
        _, stations = encode_files(sampler, options.pictures, options.resize)
    latent = sampler.latent
    path: Path = options.path or ("linear" if latent.prior == "mapped" else "spherical")
    pictures = sampler.decode(interpolate(stations, options.steps, path, latent.noise))
    write_grid(options.out, pictures, columns=options.steps if len(stations) == 2 else options.steps - 1)
    return 0
