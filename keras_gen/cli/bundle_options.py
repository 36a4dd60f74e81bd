"""What the commands that run a bundle share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from keras_gen.cli.notes import say_more
from keras_gen.cli.parser import Parser
from serving import Sampler
from serving.bundle.inputs import read_pictures
from serving.bundle.references import BUNDLE_HELP
from serving.common.classes import class_index
from serving.common.errors import InputError
from serving.common.images import grid, shown_text, to_uint8, write_png
from serving.runtime.sessions import Settings


def running_parser(command: str, description: str) -> Parser:
    """A parser with the options of every such command: the bundle, and the way to run it."""
    parser = Parser(f"keras-gen {command}", description=description)
    parser.add_argument("bundle", type=str, help=BUNDLE_HELP)
    add_running(parser)
    return parser


def add_running(parser: Parser) -> None:
    """Adds the ways to run bundles."""
    parser.add_argument(
        "--provider",
        type=str,
        default="auto",
        help="ONNX Runtime's execution provider: auto, cpu, cuda, tensorrt or openvino.",
    )
    parser.add_argument(
        "--precision",
        type=str,
        default="float32",
        help="with --provider openvino: what pictures are computed in, float32 or bfloat16.",
    )
    parser.add_argument("--threads", type=int | None, default=None, help="number of CPU threads; all cores by default.")
    parser.add_argument("--verbose", type=bool, default=False, help="say which provider runs the bundle, and why.")


def bundle_parser(command: str, description: str, out: str = "file to write.") -> Parser:
    """`running_parser` for a command that writes codes or pictures, of one class if the model takes one."""
    parser = running_parser(command, description)
    parser.add_argument("--out", type=str, required=True, help=out)
    parser.add_argument("--class", type=str | None, default=None, help="name of the class, for a model that takes one.")
    return parser


def add_pictures(parser: Parser, nargs: str = "+") -> None:
    """Adds pictures to take in, and whether to bring them to the bundle's shape."""
    parser.add_argument(
        "pictures", type=str, nargs=nargs, help="picture files, .npy files of a picture each, or folders."
    )
    add_resize(parser)


def add_resize(parser: Parser) -> None:
    """Adds whether to bring pictures to the bundle's shape."""
    parser.add_argument("--resize", type=bool, default=False, help="resize pictures to what the bundle takes.")


def settings_of(options: Any) -> Settings:
    """How the command line says that the bundle is to be run; from here on `--verbose` counts."""
    if options.verbose:
        say_more()
    return Settings(options.provider, options.threads, precision=options.precision)


def open_bundle(options: Any, suffix: str) -> Sampler:
    """The bundle, after the output's name was checked.

    Raises:
        InputError: an output that does not end in `suffix` or is a folder, or not a bundle.
    """
    check_file("--out", options.out, suffix)
    return load_bundle(options)


def load_bundle(options: Any, of_points: bool = False) -> Sampler:
    """The bundle, bound to `--class` if it was given.

    Args:
        options: of the command line.
        of_points: whether the command knows what to do with points of the plane.

    Raises:
        InputError: not a bundle, one of points where pictures are meant, or no such class.
    """
    sampler = Sampler(options.bundle, settings_of(options))
    if sampler.manifest.image.is_point and not of_points:
        raise InputError(
            f"{sampler.bundle} must be a bundle of pictures for this command. Received: one of points, which "
            "keras-gen sample draws."
        )
    name = options["class"]
    return sampler if name is None else sampler.of_class(class_index(name, sampler.manifest.classes))


def check_file(option: str, place: str, suffix: str) -> None:
    """Raises InputError where an output's name does not end in `suffix` or is a folder's."""
    if Path(place).suffix.lower() != suffix or Path(place).is_dir():
        raise InputError(f"{option} must be a file that ends in {suffix}. Received: {place}.")


def encode_files(sampler: Sampler, places: list[str], resize: bool) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of files, uint8, and their codes."""
    pictures = read_pictures(places, sampler.manifest.image, resize)
    return pictures, sampler.encode(sampler.as_input(pictures))


def add_latents(parser: Parser) -> None:
    """Adds latents to take in instead of pictures, which a bundle without an encoder can work with."""
    parser.add_argument(
        "--latents",
        type=str | None,
        default=None,
        help="use the latents of this .npy file instead of pictures, as encode and invert write them.",
    )


def read_latents(sampler: Sampler, place: str, option: str = "--latents") -> np.ndarray:
    """The latents of a `.npy` file, (n, latent size).

    Raises:
        InputError: no such file, or not finite latents of the bundle's size.
    """
    return _rows(place, option, sampler.latent.size, "latents")


def read_directions(place: str, size: int) -> np.ndarray:
    """The directions of a `.npy` file, (n, size).

    Raises:
        InputError: no such file, or not finite directions of that size.
    """
    return _rows(place, "--directions", size, "directions")


def _rows(place: str, option: str, size: int, what: str) -> np.ndarray:
    path = Path(place)
    if not path.is_file():
        raise InputError(f"{option} must be a .npy file. Received: {place}, no such file.")
    try:
        rows = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{option} must be a .npy file. Received: {place}: {' '.join(str(error).split())}") from error
    shape = f"(n, {size})"
    if not isinstance(rows, np.ndarray) or rows.dtype.kind != "f":
        raise InputError(f"{place} must hold floats {shape}. Received: {getattr(rows, 'dtype', 'an archive')}.")
    if rows.ndim != 2 or rows.shape[1] != size or not len(rows):
        raise InputError(f"{place} must hold floats {shape}. Received: {rows.shape}.")
    if not np.isfinite(rows).all():
        raise InputError(f"{place} must hold finite {what}. Received: nan or inf.")
    return rows


def write_grid(out: str, pictures: np.ndarray, columns: int) -> None:
    """Writes pictures of a bundle, uint8 or float, as a grid."""
    write_png(Path(out), grid(to_uint8(pictures), columns))
    print(f"{len(pictures)} pictures{shown_text(pictures.shape[3])}: {out}")
