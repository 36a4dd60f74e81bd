"""How time and memory grow with batch, side, replicas, workers, data and open bundles, and by which law.

    python benchmarks/growth.py [TABLE ...] [--bundle BUNDLE]

Tables: batch, side, replicas, workers, data, bundles; all of them without a name, in about ten minutes on two cores.
Each has processes of its own, whose memory is the most that they ever had. Times are medians of rounds through all
sizes, whose order changes. Below each column stands the law that it follows, with its relative error, and where it
bends: `a x^b`, `a + b x`, a constant, or an exponent that becomes another one. BUNDLE translates to b; networks as
small as those of `cyclegan_horse2zebra_small` are made without it, which takes a minute.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from growing import batch, bundles, data, side, together, untrained
from growing.measuring import facts

TABLES: dict[str, Callable[[Path | None], None]] = {
    "batch": batch.measure,
    "side": side.measure,
    "replicas": together.measure_replicas,
    "workers": together.measure_workers,
    "data": data.measure,
    "bundles": bundles.measure,
}


def make(name: str, folder: str) -> None:
    """Writes bundles to a folder."""
    if name == "translating":
        untrained.translating(Path(folder) / name)
    elif name == "sampling":
        untrained.sampling(Path(folder) / name)
    else:
        for each in side.DRAWN:
            untrained.sampling(Path(folder) / str(each), each, 3, 16)


CHILDREN: dict[str, Callable[..., None]] = {
    "batch": batch.child_of,
    "side": side.child_of,
    "replicas": together.child_of_replicas,
    "workers": together.child_of_workers,
    "data": data.child_of,
    "bundles": bundles.child_of,
    "made": make,
}


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        CHILDREN[sys.argv[2]](*sys.argv[3:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    parser.add_argument("--bundle", type=Path)
    options = parser.parse_args()
    if unknown := set(options.tables) - set(TABLES):
        parser.error(f"a table must be one of {', '.join(TABLES)}. Received: {', '.join(sorted(unknown))}.")
    print(facts())
    for name in options.tables or TABLES:
        started = time.perf_counter()
        TABLES[name](options.bundle)
        print(f"\n{name}: {time.perf_counter() - started:.0f} s, load {os.getloadavg()[0]:.1f}", flush=True)


if __name__ == "__main__":
    main()
