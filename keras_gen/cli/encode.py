"""`keras-gen encode BUNDLE PICTURES --out codes.npy`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from keras_gen.cli.bundle_options import add_pictures, bundle_parser, encode_files, open_bundle
from serving.common.array_files import write_array


def run(words: Sequence[str]) -> int:
    """Writes the codes of pictures as an array, (n, latent size), in the order of the files."""
    parser = bundle_parser("encode", "Write the codes of pictures as a NumPy array.")
    add_pictures(parser)
    options = parser.parse_args(words)
    _, codes = encode_files(open_bundle(options, ".npy"), options.pictures, options.resize)
    write_array(Path(options.out), codes)
    print(f"{len(codes)} codes of {codes.shape[1]} numbers: {options.out}")
    return 0
