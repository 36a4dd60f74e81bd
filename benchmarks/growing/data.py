"""Time and memory of a data set that `fit` reads, against its size: mapped from a `.npy` file, and in memory."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from growing.measuring import MIB, child, in_rounds, row, status, table

# MB of uint8 pictures of 64x64x3.
SIZES = [32, 64, 128, 256, 512, 1024]
SIDE, CHANNELS, BATCH = 64, 3, 64
ROUNDS, BUDGET, BATCHES = 5, 10.0, 20
HOW = {"mapped": "mapped from the file", "loaded": "in memory"}


def measure(_: Path | None) -> None:
    """Prints a table for each."""
    with tempfile.TemporaryDirectory() as folder:
        child("data", "write", folder)
        for how, title in HOW.items():
            rows = [each for size in SIZES for each in child("data", how, folder, size)]
            table(f"Pictures of {SIDE}x{SIDE}x{CHANNELS}, a data set {title}, batches of {BATCH}", rows)


def child_of(how: str, *words: str) -> None:
    """Writes the files, or prints the row of one."""
    folder = Path(words[0])
    if how == "write":
        _write(folder)
    else:
        _read(folder / f"{words[1]}.npy", how, int(words[1]))


def _write(folder: Path) -> None:
    import numpy as np

    block = np.random.default_rng(0).integers(0, 256, (MIB // (SIDE * SIDE * CHANNELS), SIDE, SIDE, CHANNELS), np.uint8)
    for size in SIZES:
        shape = (size * len(block), SIDE, SIDE, CHANNELS)
        array = np.lib.format.open_memmap(folder / f"{size}.npy", "w+", np.uint8, shape)
        for start in range(0, len(array), len(block)):
            array[start : start + len(block)] = block
        array.flush()


def _read(file: Path, how: str, size: int) -> None:
    """Memory is that of this process alone: pages of the file can be dropped, and count for nobody."""
    import numpy as np

    from keras_gen.data import open_source, own
    from keras_gen.data.fingerprint import fingerprint

    own.register("measured:pictures", lambda split: np.load(file, mmap_mode="r" if how == "mapped" else None))
    open_source("digits", 32).endless(BATCH).take(1).get_single_element()  # TensorFlow has started
    before = status("RssAnon")
    started = time.perf_counter()
    source = open_source("measured:pictures")
    opened = time.perf_counter()
    fingerprint(source)
    known = time.perf_counter()
    batches = iter(source.endless(BATCH))
    next(batches)
    first = time.perf_counter()

    def some() -> None:
        for _ in range(BATCHES):
            next(batches)

    some()
    seconds = in_rounds({size: some}, ROUNDS, BUDGET)[size] / BATCHES
    row(
        MB=size,
        **{"to open, ms": 1e3 * (opened - started), "fingerprint, ms": 1e3 * (known - opened)},
        **{"first batch, ms": 1e3 * (first - known), "a batch, ms": 1e3 * seconds},
        **{"own MiB": status("RssAnon") - before},
    )
