"""The training step of DCGAN at 64x64x3, batch 64: our `fit` against a bare loop of its step, and against PyTorch.

    python benchmarks/dcgan_step.py --torch PYTHON_WITH_TORCH

The networks are those of PyTorch's DCGAN example, 100 latents and 64 filters on both sides; ours keep a moving average
of the generator besides. PyTorch runs in a process of its own and waits while it is not its turn. The rounds alternate.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

import keras_gen

BATCH = 64
STEPS = 4
PEER = Path(__file__).parent / "peers" / "torch_dcgan.py"
NETWORK = {"name": "dcgan", "filters": 64}


def compiled(precision: str, **options: Any) -> keras.Model:
    keras.config.set_dtype_policy(precision)
    model = keras_gen.GAN((64, 64, 3), latent_dim=100, generator=NETWORK, discriminator=NETWORK, **options)
    model.compile(**{name: spec.build() for name, spec in model.default_optimizers.items()})
    keras.config.set_dtype_policy("float32")
    return model


def fitted(model: keras.Model, batches: tf.data.Dataset) -> Callable[[], None]:
    return lambda: model.fit(batches, steps_per_epoch=STEPS, epochs=1, shuffle=False, verbose=0) and None


def bare(model: keras.Model, batches: tf.data.Dataset) -> Callable[[], None]:
    step, iterator = tf.function(model.train_step), iter(batches)

    def loop() -> None:
        for _ in range(STEPS):
            values = step(next(iterator))
        for value in values.values():
            value.numpy()

    return loop


class Torch:
    """The peer's process: a line in is one round, a line out its end."""

    def __init__(self, python: str) -> None:
        command = [python, str(PEER), str(BATCH), str(STEPS)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def __call__(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("go\n")
        if not self.process.stdout.readline():
            raise SystemExit("the process with PyTorch has ended")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--torch", help="a Python interpreter that has PyTorch; without it the peer is left out")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    pictures = np.random.default_rng(0).uniform(-1, 1, (BATCH, 64, 64, 3)).astype(np.float32)
    batches = tf.data.Dataset.from_tensors(pictures).repeat()
    sides: dict[str, Callable[[], None]] = {
        "fit": fitted(compiled("float32"), batches),
        "bare loop": bare(compiled("float32"), batches),
        "fit, mixed_bfloat16": fitted(compiled("mixed_bfloat16"), batches),
    }
    if options.torch:
        sides["PyTorch"] = Torch(options.torch)
    times: dict[str, list[float]] = {name: [] for name in sides}
    for index in range(options.rounds + 1):
        for name, run in list(sides.items())[:: 1 if index % 2 else -1]:
            started = time.perf_counter()
            run()
            if index:
                times[name].append(time.perf_counter() - started)
    print(f"batch {BATCH}, medians of {options.rounds} alternating rounds of {STEPS} steps\n")
    print("| | img/s | fit is faster by |\n|---|---|---|")
    for name, taken in times.items():
        ratio = statistics.median(other / ours for ours, other in zip(times["fit"], taken, strict=True))
        print(f"| {name} | {BATCH * STEPS / statistics.median(taken):,.1f} | {ratio:.3f} |")


if __name__ == "__main__":
    main()
