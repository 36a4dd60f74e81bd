"""`keras-gen reconstruct BUNDLE PICTURES --out pairs.png`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keras_gen.cli.bundle_options import add_pictures, bundle_parser, encode_files, open_bundle, write_grid
from serving.common.images import to_uint8

PAIRS_IN_A_ROW = 8


def run(words: Sequence[str]) -> int:
    """Writes each picture beside what is left of it after encoding and decoding."""
    parser = bundle_parser("reconstruct", "Show pictures beside their reconstructions.")
    add_pictures(parser)
    options = parser.parse_args(words)
    sampler = open_bundle(options, ".png")
    pictures, codes = encode_files(sampler, options.pictures, options.resize)
    decoded = to_uint8(sampler.decode(codes))
    pairs = np.stack([pictures, decoded], axis=1).reshape(-1, *pictures.shape[1:])
    write_grid(options.out, pairs, columns=2 * min(PAIRS_IN_A_ROW, len(pictures)))
    return 0
