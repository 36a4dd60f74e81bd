"""`keras-gen sample BUNDLE -n 64 --seed 7 --out samples.png`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from keras_gen.cli.bundle_options import bundle_parser, load_bundle, settings_of
from keras_gen.cli.ray_options import add_ray, check_ray, doing
from serving import Sampler
from serving.bundle.manifest import Image
from serving.common.array_files import write_array
from serving.common.errors import InputError
from serving.common.files import whole_file
from serving.common.images import grid, shown_text, to_uint8, write_png
from serving.common.points import overview

PictureFormat: TypeAlias = Literal["png", "npy"]
# What files of points may end in beside pictures of them.
NUMBERS = (".csv", ".npy")


def run(words: Sequence[str]) -> int:
    """Samples as the command line says."""
    parser = bundle_parser(
        "sample",
        "Draw pictures from a bundle.",
        ".png file for a grid, or a folder for one file per picture; of points .csv, .npy, or .png for a plot.",
    )
    parser.add_argument("-n", "--n", type=int, default=64, help="number of pictures.")
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of the samples: the same seed gives the same pictures."
    )
    parser.add_argument("--batch_size", type=int, default=64, help="number of pictures computed at a time.")
    parser.add_argument(
        "--truncation",
        type=float | None,
        default=None,
        help="largest absolute value of the latents drawn, or the share of a style's distance from the mean style that "
        "is kept; lower values give less varied pictures.",
    )
    parser.add_argument(
        "--format",
        type=PictureFormat | None,
        default=None,
        help="files of a folder: one PNG per picture, or NumPy arrays of many pictures; png for 1 to 4 channels by "
        "default, npy for more.",
    )
    parser.add_argument(
        "--shard_size", type=int | None, default=None, help="with --format npy: pictures in an array; 1000 by default."
    )
    add_ray(parser)
    options = parser.parse_args(words)
    target = Path(options.out)
    as_grid = target.suffix.lower() == ".png"
    if target.suffix.lower() not in NUMBERS:
        _check_target(target, as_grid)
    sampler = load_bundle(options, of_points=True)
    if sampler.manifest.image.is_point:
        _write_points(sampler, options, target)
        return 0
    _check_target(target, as_grid)
    _check_format(options, as_grid)
    check_ray(options, not as_grid)
    write = _write_grid if as_grid else _write_folder
    shown = write(sampler, options, target)
    print(f"{options.n} pictures of seed {options.seed}{shown}: {target}")
    return 0


def _write_grid(sampler: Sampler, options: Any, target: Path) -> str:
    """Writes one file; what it does not show of the pictures."""
    shown = sys.stderr.isatty()
    pictures = sampler.sample(
        options.n, options.seed, options.batch_size, progress=shown, truncation=options.truncation
    )
    write_png(target, grid(to_uint8(pictures), sampler.columns))
    return shown_text(pictures.shape[3])


def _write_folder(sampler: Sampler, options: Any, target: Path) -> str:
    """Writes a file for each picture, or arrays of many, which leaves nothing out."""
    from tqdm import tqdm

    from serving.bulk.drawing import SHARD_SIZE, Drawing, default_format, drawn

    hidden = not sys.stderr.isatty()
    chosen = options.format or default_format(sampler.manifest.image.channels)
    _check_shards(options, chosen)
    # Workers of Ray may be in another folder.
    drawing = Drawing(
        bundle=sampler.bundle.absolute() if options.ray else sampler.bundle,
        target=target.absolute() if options.ray else target,
        n=options.n,
        seed=options.seed,
        label=sampler.label,
        truncation=options.truncation,
        batch_size=options.batch_size,
        format=chosen,
        shard_size=SHARD_SIZE if options.shard_size is None else options.shard_size,
        settings=settings_of(options),
    )
    with doing(drawing, options) as results, tqdm(total=options.n, unit="img", leave=False, disable=hidden) as bar:

        def progress(done: int) -> None:
            bar.update(done)

        try:
            drawn(drawing, results, progress)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"Run the same command again to resume {target}.") from None
    return ""


def _write_points(sampler: Sampler, options: Any, target: Path) -> None:
    """Writes points as numbers or as a plot."""
    writers: dict[str, Callable[[Path, np.ndarray], None]] = {
        ".csv": _write_csv,
        ".npy": write_array,
        ".png": partial(_write_plot, sampler.manifest.image),
    }
    write = writers.get(target.suffix.lower())
    if write is None or target.is_dir():
        raise InputError(f"--out must end in {', '.join(writers)} for a bundle of points. Received: {target}.")
    given = {"--format": options.format, "--shard-size": options.shard_size, "--ray": options.ray or None}
    for option, value in given.items():
        if value is not None:
            raise InputError(f"{option} must be left out for a bundle of points. Received: {value}.")
    write(target, sampler.sample(options.n, options.seed, options.batch_size, truncation=options.truncation))
    print(f"{options.n} points of seed {options.seed}: {target}")


def _write_csv(target: Path, points: np.ndarray) -> None:
    with whole_file(target) as temporary:
        np.savetxt(temporary, points, "%.9g", ",", header="x,y", comments="")


def _write_plot(image: Image, target: Path, points: np.ndarray) -> None:
    write_png(target, overview(points, limits=image.value_range))


def _check_target(target: Path, as_grid: bool) -> None:
    if as_grid and target.is_dir():
        raise InputError(f"--out must be a file for a grid. Received: {target}, a folder.")
    if not as_grid and target.suffix:
        raise InputError(f"--out must end in .png for a grid, or be a folder. Received: {target}.")
    if not as_grid and target.exists() and not target.is_dir():
        raise InputError(f"--out must be a .png or a folder. Received: {target}, another file.")


def _check_format(options: Any, as_grid: bool) -> None:
    if as_grid and options.format not in (None, "png"):
        raise InputError(f"--format must be left out for a grid. Received: {options.format}.")
    if as_grid or options.format is not None:
        _check_shards(options, options.format)


def _check_shards(options: Any, chosen: str | None) -> None:
    if options.shard_size is not None and chosen != "npy":
        raise InputError(f"--shard-size must be left out without --format npy. Received: {options.shard_size}.")
