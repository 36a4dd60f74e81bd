"""`keras-gen manifold BUNDLE --out manifold.png`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keras_gen.cli.bundle_options import bundle_parser, open_bundle, write_grid
from serving import Sampler
from serving.common.errors import InputError
from serving.latents.latent_space import manifold

DRAWS = 10_000


def run(words: Sequence[str]) -> int:
    """Writes a grid of pictures over two dimensions of the latent space."""
    parser = bundle_parser(
        "manifold", "Show pictures over two dimensions of the latent space, at the prior's quantiles."
    )
    parser.add_argument("--side", type=int, default=20, help="number of pictures in a row and in a column.")
    parser.add_argument(
        "--dimensions",
        type=tuple[int, int],
        default=(0, 1),
        help="dimensions to vary, across and down, as in '[0, 1]'.",
    )
    options = parser.parse_args(words)
    sampler = open_bundle(options, ".png")
    latents = manifold(sampler.latent.size, options.side, options.dimensions, _draws(sampler))
    write_grid(options.out, sampler.decode(latents), columns=options.side)
    return 0


def _draws(sampler: Sampler) -> np.ndarray | None:
    """Latents to take the prior's quantiles from; None for a standard normal, whose quantiles are known."""
    prior = sampler.latent.prior
    if prior == "standard_normal":
        return None
    if prior is None or "sample" not in sampler.abilities:
        raise InputError(
            f"{sampler.bundle} must have a prior, whose quantiles space the grid. Received: a bundle without a prior."
        )
    return sampler.latents(DRAWS, seed=0)
