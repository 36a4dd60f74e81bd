"""What `keras-gen translate CLIP --steady` costs beside its inference, and which part of it takes how long.

    python benchmarks/steady_cost.py PHOTOGRAPH

Makes an untrained translator (`resnet`, 32 filters, 6 blocks) and a video of 120 frames of 256x256: a window that moves
over the PHOTOGRAPH by a pixel a frame, with noise. The whole command, its start included, is compared with bare
`session.run` on the same frames, in turn; the mark is at most 1.15. Both are given in seconds of all processors, which
other work on the machine does not change, and in seconds of the clock, which it does. The parts are measured one
by one.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from flicker import write_video
from PIL import Image

from serving import Translator
from serving.common.images import read_image
from serving.translation.steady import Steady

SIDE, FRAMES, NOISE, ROUNDS = 256, 120, 4.0, 3


def write_translator(folder: Path) -> Path:
    import export
    import keras_gen

    network = {"name": "resnet", "filters": 32, "blocks": 6}
    model = keras_gen.Pix2Pix((64, 64, 3), network, {"name": "patchgan", "receptive_field": 16, "filters": 8})
    return export.export_bundle(model, folder, say=lambda line: None)


def window(photograph: np.ndarray) -> np.ndarray:
    """Frames, uint8 (n, height, width, 3)."""
    frames = np.stack([photograph[step : step + SIDE, step : step + SIDE] for step in range(FRAMES)])
    noise = np.random.default_rng(0).normal(0, NOISE, frames.shape)
    return np.clip(np.rint(frames + noise), 0, 255).astype(np.uint8)


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Of all processors, and of the clock."""
    started, before = time.perf_counter(), _processors()
    work()
    return _processors() - before, time.perf_counter() - started


def _processors() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def read(file: Path) -> None:
    with av.open(str(file)) as given:
        for frame in given.decode(video=0):
            frame.to_ndarray(format="rgb24")


def command(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "keras_gen", *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    given = Image.fromarray(read_image(Path(sys.argv[1]), channels=3))
    photograph = np.asarray(given.resize((SIDE + FRAMES, SIDE + FRAMES), Image.Resampling.BICUBIC))
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        bundle, frames = write_translator(place / "bundle"), window(photograph)
        write_video(place / "in.mp4", frames)
        translator = Translator(bundle, provider="cpu")
        session = translator.sessions.of("a_to_b").session
        made = translator.translate(frames[:1])

        def bare() -> None:
            for frame in frames:
                session.run(["translation"], {"image": frame[None]})

        out = ["translate", bundle, place / "in.mp4", "--out", place / "out.mp4"]
        works: dict[str, Callable[[], object]] = {
            "bare inference": bare,
            "the whole command, frame by frame": lambda: command(*out),
            "the whole command, `--steady`": lambda: command(*out, "--steady"),
            "of it the start, as of `keras-gen info`": lambda: command("info", bundle),
            "of it `Steady.translate`, inference included": lambda: Steady(translator).translate(frames),
            "of it reading": lambda: read(place / "in.mp4"),
            "of it writing": lambda: write_video(place / "made.mp4", np.repeat(made, FRAMES, axis=0)),
        }
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
        bare()
        for _ in range(ROUNDS):
            for name, work in works.items():
                found[name].append(seconds(work))
    print("| what | processor seconds | of bare inference | clock seconds | of bare inference |\n|---|---|---|---|---|")
    for name, each in found.items():
        middle = [statistics.median(column) for column in zip(*each, strict=True)]
        shares = [
            statistics.median(one[kind] / base[kind] for one, base in zip(each, found["bare inference"], strict=True))
            for kind in (0, 1)
        ]
        print(f"| {name} | {middle[0]:.2f} | {shares[0]:.2f} | {middle[1]:.2f} | {shares[1]:.2f} |")


if __name__ == "__main__":
    main()
