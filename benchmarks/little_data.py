"""What helps a GAN that has little data, over several seeds: nothing, DiffAugment, and the kit. Prints a table.

    python benchmarks/little_data.py --data folder:CIFAR10 --work WORK [--epochs 60] [--seeds 1 2 3]

All train the recipe `conditional_gan_cifar10_subset`; the ways differ in what WAYS says. A figure is the Fréchet
distance to the training pictures that `keras-gen evaluate --against train` gives. Runs are kept in WORK; the same
command goes on where it was stopped, and prints what is there of each.

Sources: Zhao et al. 2020, DiffAugment; the kit: Karras et al. 2020, ADA; Tseng et al. 2021, LeCam; Zhao et al. 2021,
bCR.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

RECIPE = "conditional_gan_cifar10_subset"
STEPS = 78
KINDS = "color,translation,cutout"
AUGMENTED = ["--model.augmentation", f"[{KINDS}]"]
LECAM, CONSISTENT = ["--model.lecam", "0.1"], ["--model.consistency", "1"]
WAYS = {
    "nothing": ["--model.augmentation", "[]"],
    "DiffAugment": AUGMENTED,
    "DiffAugment, LeCam": [*AUGMENTED, *LECAM],
    "DiffAugment, bCR": [*AUGMENTED, *CONSISTENT],
    "the kit": ["--model.augmentation", f"[mirror,{KINDS}]", *LECAM, *CONSISTENT],
}


def main() -> None:
    chosen = parse()
    seeds = " | ".join(f"seed {seed}" for seed in chosen.seeds)
    print(f"| way | {seeds} | mean |\n|---|{'---|' * len(chosen.seeds)}---|")
    for way in chosen.ways:
        values = [figure(way, seed, chosen) for seed in chosen.seeds]
        cells = " | ".join(f"{value:.2f}" for value in [*values, statistics.fmean(values)])
        print(f"| {way} | {cells} |", flush=True)


def parse() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    return parser.parse_args()


def figure(way: str, seed: int, chosen: Any) -> float:
    """The Fréchet distance of a run, which is trained where it is not there yet."""
    run = chosen.work / f"{list(WAYS).index(way)}_{seed}_{chosen.epochs}"
    written = run / "evaluation.json"
    if not written.exists():
        decay = str(STEPS * chosen.epochs)
        rates = [f"--{player}_optimizer.decay-steps={decay}" for player in ("generator", "discriminator")]
        command(
            "train", "--recipe", RECIPE, "--data", chosen.data, "--out", run, "--seed", seed, "--epochs", chosen.epochs,
            "--pictures-every", chosen.epochs, *rates, *WAYS[way],
        )  # fmt: skip
        command("evaluate", run, "--data", chosen.data, "--against", "train", "--metrics", "frechet")
    return next(entry["value"] for entry in json.loads(written.read_text()) if entry["name"] == "frechet_distance")


def command(*words: object) -> None:
    """Runs keras-gen, and ends with what it said where it fails."""
    program = [sys.executable, "-m", "keras_gen", *map(str, words)]
    done = subprocess.run(program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(done.stdout)


if __name__ == "__main__":
    main()
