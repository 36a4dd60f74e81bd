"""Time, memory and threads of a process, against the number of bundles that it has open."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from growing.measuring import child, in_rounds, row, status, table

COUNTS = [1, 2, 5, 10, 20, 50]
ROUNDS, BUDGET, BATCH = 7, 15.0, 64


def measure(_: Path | None) -> None:
    """Prints a table."""
    with tempfile.TemporaryDirectory() as folder:
        child("made", "sampling", folder)
        rows = [each for count in COUNTS for each in child("bundles", f"{folder}/sampling", count)]
    table(f"GAN 32x32, bundles that are open at once; each draws {BATCH} pictures when it is its turn", rows)


def child_of(bundle: str, *words: str) -> None:
    """The row of a number of bundles: one that is drawn from again and again, and all of them in turn."""
    import serving

    count = int(words[0])
    serving.load(bundle, "cpu").sample(BATCH)
    before = {name: status(name) for name in ("VmRSS", "Threads")}
    started = time.perf_counter()
    samplers = [serving.load(bundle, "cpu") for _ in range(count)]
    for sampler in samplers:
        sampler.warm_up(BATCH)
    opened = time.perf_counter() - started

    def draw(each: list) -> None:
        for sampler in each:
            sampler.sample(BATCH)

    runs = {0: lambda: draw(samplers[:1] * count), 1: lambda: draw(samplers)}
    for run in runs.values():
        run()
    alone, in_turn = in_rounds(runs, ROUNDS, BUDGET).values()
    row(
        bundles=count,
        **{"to open all, s": opened, "more threads": status("Threads") - before["Threads"]},
        **{"own MiB": status("VmRSS") - before["VmRSS"]},
        **{"a batch of one, ms": 1e3 * alone / count, "of each in turn, ms": 1e3 * in_turn / count},
    )
