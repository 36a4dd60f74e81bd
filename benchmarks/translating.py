"""What `keras-gen translate` costs beside its inference, and what its tiles cost and show.

    python benchmarks/translating.py BUNDLE PICTURES

BUNDLE translates to b; PICTURES is a folder of photographs of at least 256x256. Four measurements:

- `Translator.translate` on pictures of 256x256 in memory against bare `session.run` on the same, some at a time:
  the mark is 0.95 at the best;
- the whole command on a folder of 200 pictures of 256x256 against bare `session.run` on the same pictures in memory,
  at the faster of one at a time and as many as the command takes;
- the command on one picture of 4096x4096, made of the photographs: its largest resident memory;
- the mean absolute step of that translation across the borders of its tiles, against the mean step a pixel beside them.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from timing import alternate

from serving import Translator
from serving.common.images import picture_files, read_image, write_picture
from serving.translation.tiles import Axis
from serving.translation.translator import OVERLAP

SIDE, COUNT, ROUNDS = 256, 200, 3
IN_MEMORY, MEMORY_ROUNDS = 8, 9
# Side of the photographs in the large picture: none of their borders is one of its tiles'.
LARGE, CELL = 4096, 300


def command(bundle: Path, source: Path, out: Path) -> None:
    words = ["keras_gen", "translate", str(bundle), str(source), "--to", "b", "--out", str(out)]
    subprocess.run([sys.executable, "-m", *words], check=True, stdout=subprocess.DEVNULL)


def folder_against_bare(translator: Translator, photographs: list[np.ndarray], place: Path) -> None:
    pictures = np.stack([photographs[index % len(photographs)] for index in range(COUNT)])
    source = place / "in"
    for index, picture in enumerate(pictures):
        write_picture(source / f"{index:03d}.jpg", picture)
    session = translator.sessions.of("a_to_b").session
    together = translator.at_once(SIDE, SIDE)

    def bare(step: int) -> None:
        for start in range(0, COUNT, step):
            session.run(["translation"], {"image": pictures[start : start + step]})

    runs = iter(range(1000))
    print("| bare inference | the whole command, s | bare, s | the command takes |\n|---|---|---|---|")
    for step in (1, together):
        found = alternate(
            lambda: command(translator.bundle, source, place / f"out{next(runs)}"),
            lambda step=step: bare(step),
            ROUNDS,
        )
        print(f"| {step} at a time | {found.ours:.1f} | {found.peer:.1f} | {1 / found.ratio:.3f} |", flush=True)


def memory_against_bare(translator: Translator, photographs: list[np.ndarray]) -> None:
    pictures = np.stack([photographs[index % len(photographs)] for index in range(IN_MEMORY)])
    session = translator.sessions.of("a_to_b").session

    def bare(step: int) -> list[np.ndarray]:
        parts = (pictures[start : start + step] for start in range(0, IN_MEMORY, step))
        return [session.run(["translation"], {"image": part})[0] for part in parts]

    print("\n| bare inference | Translator.translate, ms a picture | bare, ms | ratio |\n|---|---|---|---|")
    for step in sorted({1, translator.at_once(SIDE, SIDE), 4}):
        found = alternate(lambda: translator.translate(pictures, "b"), lambda step=step: bare(step), MEMORY_ROUNDS)
        times = " | ".join(f"{1000 * seconds / IN_MEMORY:.1f}" for seconds in (found.ours, found.peer))
        print(f"| {step} at a time | {times} | {found.ratio:.3f} |", flush=True)


def large_picture(translator: Translator, photographs: list[np.ndarray], place: Path) -> None:
    across = -(-LARGE // CELL)
    rows = [
        np.concatenate([photographs[(7 * row + column) % len(photographs)] for column in range(across)], axis=1)
        for row in range(across)
    ]
    write_picture(place / "large.png", np.concatenate(rows)[:LARGE, :LARGE])
    command(translator.bundle, place / "large.png", place / "translated.png")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    made = read_image(place / "translated.png").astype(np.float32)
    axis = Axis(LARGE, translator.tile[0], int(OVERLAP * translator.tile[0]), translator.image.multiple)
    borders = axis.starts[1:] + [start + axis.tile for start in axis.starts[:-1]]
    across_borders, beside = [], []
    for axis_number in (0, 1):
        steps = np.abs(np.diff(made, axis=axis_number)).mean(axis=(1 - axis_number, 2))
        across_borders += [steps[border - 1] for border in borders]
        beside += [steps[border + offset] for border in borders for offset in (-2, 0)]
    ratio = np.mean(across_borders) / np.mean(beside)
    print(f"\n{LARGE}x{LARGE}, tiles of {axis.tile}: {peak:.2f} GiB resident at most")
    print(
        f"step across {2 * len(borders)} borders {np.mean(across_borders):.3f} grey levels, beside them "
        f"{np.mean(beside):.3f}: {ratio:.3f}"
    )


def main() -> None:
    bundle, pictures = map(Path, sys.argv[1:3])
    translator = Translator(bundle, provider="cpu")
    files = picture_files(pictures)[:COUNT]
    small, large = ([read_image(file, (side, side), 3) for file in files] for side in (SIDE, CELL))
    with tempfile.TemporaryDirectory() as folder:
        # First: what is known of the commands' memory is the most that one of them had.
        large_picture(translator, large, Path(folder))
        memory_against_bare(translator, small)
        folder_against_bare(translator, small, Path(folder))


if __name__ == "__main__":
    main()
