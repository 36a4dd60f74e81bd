"""What the commands that run a bundle share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from keras_gen.cli.parser import Parser
from keras_gen.data import Source, open_source
from keras_gen.data.examples import Examples
from serving import Sampler, load
from serving.errors import InputError, require_at_least
from serving.files import whole_file
from serving.images import grid, to_uint8, write_png
from serving.inputs import read_pictures, size_text

PIECE = 1024


def bundle_parser(command: str, description: str, out: str = "the file to write.") -> Parser:
    """A parser with the options of every such command: the bundle, the output, the way to run it."""
    parser = Parser(f"keras-gen {command}", description=description)
    parser.add_argument("bundle", type=str, help="folder written by keras-gen export.")
    parser.add_argument("--out", type=str, required=True, help=out)
    parser.add_argument("--provider", type=str, default="auto", help="auto, cpu, cuda or tensorrt.")
    parser.add_argument("--threads", type=int | None, default=None, help="CPU threads; all cores by default.")
    return parser


def add_pictures(parser: Parser, nargs: str = "+") -> None:
    """Adds pictures to take in, and whether to bring them to the bundle's shape."""
    parser.add_argument("pictures", type=str, nargs=nargs, help="picture files, or folders of them.")
    add_resize(parser)


def add_resize(parser: Parser) -> None:
    """Adds whether to bring pictures to the bundle's shape."""
    parser.add_argument("--resize", action="store_true", help="bring pictures to the size that the bundle takes.")


def add_data(parser: Parser, split: str, count: int | None = None, required: bool = True) -> None:
    """Adds the options that `read_data` takes but `--resize`: a data set, and which part of it."""
    names = "digits, tfds:NAME, folder:PATH, npz:PATH or idx:PATH."
    parser.add_argument("--data", type=str if required else str | None, required=required, default=None, help=names)
    parser.add_argument("--split", type=str, default=split, help="train, test or all.")
    parser.add_argument("--count", type=int | None, default=count, help="at most so many pictures, drawn; null is all.")
    parser.add_argument("--seed", type=int, default=0, help="seed of every draw.")


def open_bundle(options: Any, suffix: str) -> Sampler:
    """The bundle, after the output's name was checked.

    Raises:
        InputError: an output that does not end in `suffix` or is a folder, or not a bundle.
    """
    check_file("--out", options.out, suffix)
    return load(options.bundle, options.provider, options.threads)


def check_file(option: str, place: str, suffix: str) -> None:
    """Raises InputError where an output's name does not end in `suffix` or is a folder's."""
    if Path(place).suffix.lower() != suffix or Path(place).is_dir():
        raise InputError(f"{option} must be a file that ends in {suffix}. Received: {place}.")


def encode_files(sampler: Sampler, places: list[str], resize: bool) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of files, uint8, and their codes."""
    pictures = read_pictures(places, sampler.manifest.image, resize)
    return pictures, sampler.encode(sampler.as_input(pictures))


def read_data(sampler: Sampler, options: Any) -> Source:
    """The data set of `--data`, or `--count` of it drawn with `--seed`, in the order of the data.

    Raises:
        InputError: data that cannot be read, or of another shape than the bundle takes without `--resize`.
    """
    require_at_least(0, seed=options.seed)
    require_at_least(1, count=1 if options.count is None else options.count)
    image = sampler.manifest.image
    size, channels = ((image.height, image.width), image.channels) if options.resize else (None, None)
    source = open_source(options.data, size, channels, options.split)
    wanted = (image.height, image.width, image.channels)
    if source.image_shape != wanted:
        raise InputError(
            f"{source.name} must be {size_text(wanted)}, which the bundle takes; --resize converts it. "
            f"Received: {size_text(source.image_shape)}."
        )
    return _draw(source, options.count, options.seed)


def _draw(source: Source, count: int | None, seed: int) -> Source:
    if count is None or count >= len(source):
        return source
    rows = np.sort(np.random.default_rng(seed).choice(len(source), count, replace=False))
    images, labels, classes = source.examples.images, source.examples.labels, source.classes
    return Source(source.name, source.split, Examples(images[rows], None if labels is None else labels[rows], classes))


def labels_of(source: Source) -> np.ndarray:
    """(n,) int64 labels.

    Raises:
        InputError: a source without them.
    """
    if source.examples.labels is None:
        raise InputError(f"{source.name} must have labels. Received: pictures alone.")
    return source.examples.labels


def encode_data(sampler: Sampler, images: np.ndarray) -> np.ndarray:
    """Codes of a source's pictures, uint8 or float in [-1, 1], rounded to grey levels as `evaluate` does.

    Piece by piece: a bundle that takes floats would need four times the data's memory at once.
    """
    pieces = range(0, len(images), PIECE)
    return np.concatenate(
        [sampler.encode(sampler.as_input(to_uint8(images[start : start + PIECE]))) for start in pieces]
    )


def write_array(out: str, array: np.ndarray) -> None:
    """Writes an array as `.npy`, whole or not at all."""
    with whole_file(Path(out)) as temporary, temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def write_grid(out: str, pictures: np.ndarray, columns: int) -> None:
    """Writes pictures of a bundle, uint8 or float, as a grid."""
    write_png(Path(out), grid(to_uint8(pictures), columns))
    print(f"{len(pictures)} pictures: {out}")
