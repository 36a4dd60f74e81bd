"""Runs that are killed at random moments and started again, against runs that never stopped.

    python benchmarks/kill_loop.py --kills 30

Every run is killed by SIGKILL after a random time, again and again until it ends; its weights, optimizers, figures and
pictures must then be those of the run that was left alone, byte by byte. The models take turns until there were as
many kills as asked for.

    python benchmarks/kill_loop.py --kills 10 --workers 2

With workers one of them is killed, now this and now that; the others end, and the job is started again. The figures of
the epoch in which that happened may then differ in their last digits: a checkpoint has the sum of what the workers have
counted, in which they would add in another order.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from keras_gen.training.run_directory import open_model

DCGAN = "{name: dcgan, filters: 8}"
JUDGE = "{name: dcgan, filters: 8, batch_normalization: false}"
COMMON = ["--seed", "3", "--epochs", "6", "--checkpoint_steps", "7", "--deterministic", "true"]
MODELS = {
    "vae": ["--data", "digits", "--batch_size", "32", "--model.latent_dim", "4"],
    "gan": [
        *("--data", "digits", "--batch_size", "32", "--model.generator", DCGAN, "--model.discriminator", JUDGE),
        *("--model.penalties", "{r1: 1.0}", "--model.augmentation", "[translation]"),
    ],
    "cyclegan": [
        *("--data", "textured:digits", "--batch_size", "16", "--mirror", "true"),
        *("--model.generator", "{name: resnet, filters: 4, blocks: 1}"),
        *("--model.discriminator", "{name: patchgan, receptive_field: 16, filters: 4}"),
    ],
}


def start(name: str, out: Path, workers: int) -> subprocess.Popen[bytes]:
    launched = ["launch", "--workers", str(workers), "--"] if workers > 1 else []
    words = [sys.executable, "-m", "keras_gen", *launched, "train", name, "--out", str(out), *MODELS[name], *COMMON]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill(process: subprocess.Popen[bytes], chance: random.Random) -> None:
    """Ends a training by SIGKILL: itself, or one of its workers, after which it ends by itself."""
    killed = chance.choice(psutil.Process(process.pid).children() or [process])
    killed.send_signal(signal.SIGKILL)
    process.wait()


def figures(run: Path) -> np.ndarray:
    return np.loadtxt(run / "metrics.csv", delimiter=",", skiprows=1)


def differences(one: Path, other: Path, rounded: bool) -> list[str]:
    """What two finished runs do not have in common, or not but for the rounding of their figures."""
    found = [] if not rounded or np.allclose(figures(one), figures(other), rtol=1e-6, atol=0) else ["metrics.csv"]
    names = [
        *([] if rounded else ["metrics.csv"]),
        *(f"samples/{path.name}" for path in sorted((one / "samples").iterdir())),
    ]
    for name in names:
        if not (other / name).exists() or (one / name).read_bytes() != (other / name).read_bytes():
            found.append(name)
    models = [open_model(run) for run in (one, other)]
    states = [
        [*model.variables, *(v for name in model.default_optimizers for v in getattr(model, name).variables)]
        for model in models
    ]
    found += [a.path for a, b in zip(*states, strict=True) if not np.array_equal(a.numpy(), b.numpy())]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    place = Path(tempfile.mkdtemp())
    seconds = {}
    for name in options.models:
        begun = time.monotonic()
        if start(name, place / f"{name}_straight", options.workers).wait() != 0:
            raise SystemExit(f"{name} did not end well")
        seconds[name] = time.monotonic() - begun
    kills, wrong, endings = 0, 0, 0
    print("| model | kills | ended after | different |\n|---|---|---|---|")
    while kills < options.kills:
        name = options.models[endings % len(options.models)]
        out, of_this = place / f"{name}_{endings}", 0
        while True:
            process = start(name, out, options.workers)
            try:
                code = process.wait(chance.uniform(0.3, 0.9) * seconds[name])
            except subprocess.TimeoutExpired:
                kill(process, chance)
                of_this += 1
                continue
            if code != 0:
                raise SystemExit(f"{name} ended with {code}")
            break
        found = differences(place / f"{name}_straight", out, options.workers > 1)
        kills, wrong, endings = kills + of_this, wrong + bool(found), endings + 1
        print(f"| {name} | {of_this} | {kills} kills in all | {', '.join(found) or 'nothing'} |", flush=True)
        shutil.rmtree(out)
    print(f"\n{kills} kills, {endings} endings, {endings - wrong} of them identical")
    shutil.rmtree(place)


if __name__ == "__main__":
    main()
