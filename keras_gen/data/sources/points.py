"""`points:ring`, `points:grid`, `points:spiral` and `points:FILE`: two numbers each, which networks of any kind learn
in seconds, and of which everything can be drawn.

They are pictures of one pixel with two channels, float32 in [-1, 1], so that whatever works on pictures works on them.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from keras_gen.data.examples import Examples, MissingSplitError, Shape, joined, splits_of
from keras_gen.data.forms import Form
from keras_gen.data.mixtures import MIXTURES
from serving.common.errors import InputError, nearest
from serving.common.levels import Levels
from serving.common.points import SHAPE

SOURCE = Form(
    ("points:SHAPE", "points:FILE"),
    "points of the plane: `ring`, `grid` or `spiral`, or a `.csv` or `.npy` file of two numbers a line",
)
SPIRAL = "spiral"
COUNTS = {"train": 8192, "test": 2048}
SEEDS = {"train": 0, "test": 1}
TURNS, RADIUS, DEVIATION = 2.0, 0.8, 0.02
FULL = (-1.0, 1.0)


def read(location: str, split: str, shape: Shape) -> Examples:
    """8,192 points for training and 2,048 for testing of a shape, with the Gaussian that each was drawn from as its
    label; all points of a file for training."""
    name = f"points:{location}"
    if shape.size not in (None, SHAPE[:2]) or shape.channels not in (None, SHAPE[2]):
        raise InputError(
            f"--image-size and --channels must be left out for {name}, which has no pixels. "
            f"Received: {shape.size or 'no size'} and {shape.channels or 'no'} channels."
        )
    if location in (*MIXTURES, SPIRAL):
        return joined(name, [_drawn(location, part) for part in splits_of(split)])
    if split == "test":
        raise MissingSplitError(f"{name} must have points of the split test. Received: a file, which is for training.")
    return Examples(_scaled(name, _of_file(Path(location)), shape.levels or Levels()))


def _drawn(location: str, split: str) -> Examples:
    count, seed = COUNTS[split], SEEDS[split]
    if location == SPIRAL:
        return Examples(_spiral(count, seed).reshape(-1, *SHAPE))
    mixture = MIXTURES[location]()
    points, modes = mixture.draw(count, seed)
    return Examples(points.reshape(-1, *SHAPE), modes, tuple(map(str, range(len(mixture.centres)))))


def _spiral(n: int, seed: int) -> np.ndarray:
    """Two turns around the origin, equally dense all along, and normal noise."""
    random = np.random.default_rng(seed)
    along = np.sqrt(random.uniform(size=n))
    angle = 2 * np.pi * TURNS * along
    curve = RADIUS * along[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return (curve + DEVIATION * random.standard_normal((n, 2))).astype(np.float32)


def _of_file(path: Path) -> np.ndarray:
    """Float64 (n, 2), finite, n at least 2.

    Raises:
        InputError: anything else.
    """
    if not path.is_file():
        known = [*MIXTURES, SPIRAL]
        raise InputError(
            f"points must be {', '.join(known)}, or a .csv or .npy file that is there. Received: {path}."
            f"{nearest(str(path), known)}"
        )
    readers = {".csv": _of_csv, ".npy": _of_npy}
    if path.suffix.lower() not in readers:
        raise InputError(f"a file of points must be {' or '.join(readers)}. Received: {path}.")
    points = readers[path.suffix.lower()](path)
    if len(points) < 2:
        raise InputError(f"{path} must hold at least two points. Received: {len(points)}.")
    finite = np.isfinite(points).all(axis=1)
    if not finite.all():
        raise InputError(f"{path} must hold finite numbers. Received: nan or inf in point {finite.argmin() + 1}.")
    return points


def _of_npy(path: Path) -> np.ndarray:
    try:
        points = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{path} must be a .npy file. Received: {' '.join(str(error).split())[:120]}") from error
    if not isinstance(points, np.ndarray) or points.dtype.kind not in "iuf" or points.ndim != 2 or points.shape[1] != 2:
        received = f"{points.dtype} {points.shape}" if isinstance(points, np.ndarray) else "an archive of arrays"
        raise InputError(f"{path} must hold numbers of the shape (n, 2). Received: {received}.")
    return points.astype(np.float64)


def _of_csv(path: Path) -> np.ndarray:
    """Lines of two numbers with a comma between them; the first line may be names."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [(number, row) for number, row in enumerate(csv.reader(file), start=1) if any(map(str.strip, row))]
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise InputError(f"{path} must be text with commas. Received: {' '.join(str(error).split())}.") from error
    points = []
    for place, (number, row) in enumerate(rows):
        if len(row) != 2:
            raise InputError(f"{path} must have two numbers a line. Received: {len(row)} columns in line {number}.")
        try:
            points.append([float(cell) for cell in row])
        except ValueError:
            if place:
                raise InputError(
                    f"{path} must have two numbers a line, and names at most in the first. "
                    f"Received: {','.join(row)[:60]!r} in line {number}."
                ) from None
    return np.array(points, np.float64).reshape(-1, 2)


def _scaled(name: str, points: np.ndarray, levels: Levels) -> np.ndarray:
    """Float32 (n, 1, 1, 2): the numbers themselves, or what the range brings to -1 to 1, of both coordinates alike."""
    low, high = float(points.min()), float(points.max())
    if levels.measuring:
        levels.note(low, high, FULL)
    elif levels.value_range is not None:
        first, last = levels.value_range
        points = 2.0 * (points - first) / (last - first) - 1.0
    elif low < FULL[0] or high > FULL[1]:
        raise InputError(
            f"{name} must hold numbers in [-1, 1] where no --value-range says which are brought there; "
            f"--value-range auto takes the lowest and the highest. Received: {low:g} to {high:g}."
        )
    return points.astype(np.float32).reshape(-1, *SHAPE)
