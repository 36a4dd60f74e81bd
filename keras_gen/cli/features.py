"""`keras-gen features BUNDLE --data SOURCE --out features.npy`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from keras_gen.cli.bundle_data import add_data, encode_data, labels_of, read_data
from keras_gen.cli.bundle_options import add_resize, bundle_parser, check_file, open_bundle
from serving.common.array_files import write_array
from serving.common.errors import InputError


def run(words: Sequence[str]) -> int:
    """Writes the codes of a data set, float32 (n, latent size), and its labels, int64 (n,), in the data's order."""
    parser = bundle_parser("features", "Write the codes of a data set as a NumPy array, to train a classifier on.")
    add_data(parser, split="train")
    add_resize(parser)
    parser.add_argument("--labels", type=str | None, default=None, help="also write the labels to this .npy file.")
    options = parser.parse_args(words)
    sampler = open_bundle(options, ".npy")
    if options.labels is not None:
        check_file("--labels", options.labels, ".npy")
        if Path(options.labels).absolute() == Path(options.out).absolute():
            raise InputError(f"--labels must be another file than --out. Received: {options.labels}.")
    source = read_data(sampler, options)
    labels = None if options.labels is None else labels_of(source)
    codes = encode_data(sampler, source)
    write_array(Path(options.out), codes)
    print(f"{len(codes)} codes of {codes.shape[1]} numbers: {options.out}")
    if labels is not None:
        write_array(Path(options.labels), labels)
        print(f"{len(labels)} labels of {len(source.classes)} classes: {options.labels}")
    return 0
