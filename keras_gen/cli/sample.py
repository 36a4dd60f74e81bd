"""`keras-gen sample BUNDLE -n 64 --seed 7 --out samples.png`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from keras_gen.cli.bundle_options import bundle_parser, load_bundle
from serving import Sampler
from serving.errors import InputError


def run(words: Sequence[str]) -> int:
    """Samples as the command line says."""
    parser = bundle_parser("sample", "Draw pictures from a bundle.", "a .png for a grid, or a folder for one PNG each.")
    parser.add_argument("-n", "--n", type=int, default=64, help="how many pictures.")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same pictures.")
    parser.add_argument("--batch_size", type=int, default=64, help="pictures computed at a time.")
    parser.add_argument(
        "--truncation", type=float | None, default=None, help="draw latents within it: lower is less varied."
    )
    options = parser.parse_args(words)
    target = Path(options.out)
    as_grid = target.suffix.lower() == ".png"
    _check_target(target, as_grid)
    sampler = load_bundle(options)
    write = _write_grid if as_grid else _write_folder
    write(sampler, target, options.n, options.seed, options.batch_size, options.truncation)
    print(f"{options.n} pictures of seed {options.seed}: {target}")
    return 0


def _write_grid(sampler: Sampler, target: Path, n: int, seed: int, batch_size: int, truncation: float | None) -> None:
    from serving.images import grid, to_uint8, write_png

    pictures = sampler.sample(n, seed, batch_size, progress=sys.stderr.isatty(), truncation=truncation)
    write_png(target, grid(to_uint8(pictures), sampler.columns))


def _write_folder(sampler: Sampler, target: Path, n: int, seed: int, batch_size: int, truncation: float | None) -> None:
    from tqdm import tqdm

    from serving.images import to_uint8, write_png

    digits = max(4, len(str(n - 1)))
    index = 0
    with tqdm(total=n, unit="img", leave=False, disable=not sys.stderr.isatty()) as bar:
        for batch in sampler.stream(n, seed, batch_size, truncation=truncation):
            for picture in to_uint8(batch):
                write_png(target / f"{index:0{digits}d}.png", picture)
                index += 1
            bar.update(len(batch))


def _check_target(target: Path, as_grid: bool) -> None:
    if as_grid and target.is_dir():
        raise InputError(f"--out must be a file for a grid. Received: {target}, a folder.")
    if not as_grid and target.suffix:
        raise InputError(f"--out must end in .png for a grid, or be a folder. Received: {target}.")
    if not as_grid and target.exists() and not target.is_dir():
        raise InputError(f"--out must be a .png or a folder. Received: {target}, another file.")
