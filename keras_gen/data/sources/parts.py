"""`parts:FILE_A,FILE_B`: squares at random places of one large picture of each domain.

For a translation that is learned of two pictures alone, as in Park et al. 2020, section 4.4.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from keras_gen.data.examples import DomainExamples, Examples, Shape
from keras_gen.data.files import read_file
from keras_gen.data.forms import Form
from serving.common.errors import InputError

DOMAINS = Form(("parts:FILE_A,FILE_B",), "1,000 parts at random places of one large picture of each domain")
SIZE = (64, 64)
# Of NumPy's default generator, which draws the places of a split, and how many.
SEEDS = {"train": (3000, 1000), "test": (3001, 100), "all": (3002, 1100)}


def read_domains(location: str, split: str, shape: Shape) -> DomainExamples:
    """Parts of the size asked for, 64x64 by default; nothing is resized. The parts of all splits are of
    the same two pictures."""
    name, files = f"parts:{location}", [Path(part) for part in location.split(",")]
    if len(files) != len("AB") or not all(file.is_file() for file in files):
        raise InputError(f"{name} must name two picture files, as in parts:FILE_A,FILE_B. Received: {location!r}.")
    height, width = shape.size or SIZE
    seed, count = SEEDS[split]
    whole = shape._replace(size=None, channels=shape.channels or 3)
    domains = [
        Examples(_parts(read_file(whole.of(domain), file), file, (height, width), count, seed + 10 * domain))
        for domain, file in enumerate(files)
    ]
    return DomainExamples(domains[0], domains[1], paired=False)


def _parts(picture: np.ndarray, file: Path, size: tuple[int, int], count: int, seed: int) -> np.ndarray:
    """(count, height, width, channels), of the picture's own type."""
    spare = [have - want for have, want in zip(picture.shape[:2], size, strict=True)]
    if min(spare) < 0:
        raise InputError(
            f"{file} must be at least as large as its parts, {size[1]}x{size[0]}. "
            f"Received: {picture.shape[1]}x{picture.shape[0]}."
        )
    corners = np.random.default_rng(seed).integers(0, np.array(spare) + 1, (count, 2))
    return np.stack([picture[row : row + size[0], column : column + size[1]] for row, column in corners])
