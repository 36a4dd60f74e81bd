"""A training step of CUT against CycleGAN's with the same networks: time, in alternating rounds, and memory.

    python benchmarks/one_sided.py [--size 128] [--filters 64] [--blocks 6] [--batch 1] [--steps 3] [--rounds 5]

Times are medians over the rounds, and the ratio is the median of the rounds' ratios. Memory is the largest resident
memory of a process of its own, less what it had before the first step.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

import keras_gen

MODELS = {"cut": keras_gen.CUT, "cyclegan": keras_gen.CycleGAN}
FASTCUT = {"nce_weight": 10.0, "identity_weight": 0.0}
MARKS = {"time": 0.65, "memory": 0.75}


class Training:
    """One model that takes steps on the same batch.

    Args:
        name: `cut`, `fastcut` or `cyclegan`.
        chosen: the sizes of the command line.
    """

    def __init__(self, name: str, chosen: argparse.Namespace) -> None:
        shape = (chosen.size, chosen.size, 3)
        networks = {
            "generator": {"name": "resnet", "filters": chosen.filters, "blocks": chosen.blocks},
            "discriminator": {"name": "patchgan", "receptive_field": 34, "filters": chosen.filters},
        }
        build, further = (MODELS["cut"], FASTCUT) if name == "fastcut" else (MODELS[name], {})
        self.model: keras.Model = build(shape, **networks, **further)
        self.model.compile()
        rng = np.random.default_rng(0)
        self.batch = [rng.uniform(-1, 1, (chosen.batch, *shape)).astype(np.float32) for _ in range(2)]

    def seconds(self, steps: int) -> float:
        """Time of a step, the mean of some."""
        started = time.perf_counter()
        for _ in range(steps):
            self.model.train_on_batch(*self.batch)
        return (time.perf_counter() - started) / steps


def peak_mib() -> float:
    """Largest resident memory of this process so far."""
    # Not `ru_maxrss`, which begins with that of the process that started this one.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def grown(name: str) -> float:
    """MiB that a process of its own takes for the training of a model."""
    command = [sys.executable, __file__, *sys.argv[1:], "--memory-of", name]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def main() -> None:
    """Prints one row for each model, relative to CycleGAN."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in {"size": 128, "filters": 64, "blocks": 6, "batch": 1, "steps": 3, "rounds": 5}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--memory-of", choices=("cut", "fastcut", "cyclegan"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.memory_of:
        training, before = Training(chosen.memory_of, chosen), peak_mib()
        training.seconds(chosen.steps)
        print(peak_mib() - before)
        return
    names = ("cyclegan", "cut", "fastcut")
    trainings = {name: Training(name, chosen) for name in names}
    for training in trainings.values():
        training.seconds(1)
    rounds = []
    for number in range(chosen.rounds):
        order = names if number % 2 else names[::-1]
        rounds.append({name: trainings[name].seconds(chosen.steps) for name in order})
    memory = {name: grown(name) for name in names}
    print(f"marks: {MARKS['time']} of CycleGAN's time, {MARKS['memory']} of its memory")
    print("| model | ms a step | of CycleGAN's | MiB | of CycleGAN's |\n|---|---|---|---|---|")
    for name in names:
        took = statistics.median(each[name] for each in rounds)
        ratio = statistics.median(each[name] / each["cyclegan"] for each in rounds)
        of_memory = memory[name] / memory["cyclegan"]
        print(f"| {name} | {1000 * took:.0f} | {ratio:.2f} | {memory[name]:.0f} | {of_memory:.2f} |")


if __name__ == "__main__":
    main()
