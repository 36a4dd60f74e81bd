"""`keras-gen decompress BUNDLE codes.kgc --out FOLDER`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from keras_gen.cli.bundle_options import bundle_parser, load_bundle
from serving.common.array_files import write_array
from serving.common.errors import InputError
from serving.common.formats import MOST_CHANNELS
from serving.common.images import to_uint8, write_png
from serving.latents.code_files import check_bundle, read_codes


def run(words: Sequence[str]) -> int:
    """Writes a PNG, or an array where there are more channels than it holds, for every code of a file, named as the
    picture that it was made of."""
    parser = bundle_parser(
        "decompress", "Write the pictures of a compressed file as PNGs, or as .npy files.", "folder to write."
    )
    parser.add_argument("codes", type=str, help="file written by keras-gen compress.")
    options = parser.parse_args(words)
    folder = Path(options.out)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out must be a folder. Received: {folder}, a file.")
    sampler = load_bundle(options)
    file = read_codes(Path(options.codes))
    check_bundle(file, sampler.manifest)
    if sampler.label is None and file.label is not None:
        sampler = sampler.of_class(file.label)
    pictures = to_uint8(sampler.decode(file.quantized.codes()))
    for name, picture in zip(file.names, pictures, strict=True):
        if pictures.shape[3] > MOST_CHANNELS:
            write_array(folder / f"{name}.npy", picture)
        else:
            write_png(folder / f"{name}.png", picture)
    print(f"{len(pictures)} pictures: {folder}")
    return 0
