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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

import keras_gen

BATCH = 64
STEPS = 6
PEER = Path(__file__).parent / "peers" / "torch_dcgan.py"
NETWORK = {"name": "dcgan", "filters": 64}
Round: TypeAlias = Callable[[], None]


class Rounds(keras.callbacks.Callback):
    """An epoch of `fit` is a round; after it every peer has one. The first of each is not counted."""

    def __init__(self, name: str, peers: dict[str, Round]) -> None:
        super().__init__()
        self.name, self.peers = name, peers
        self.seconds: dict[str, list[float]] = {side: [] for side in (name, *peers)}

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seconds[self.name].append(time.perf_counter() - self.started)
        for peer, run in self.peers.items():
            started = time.perf_counter()
            run()
            self.seconds[peer].append(time.perf_counter() - started)

    def rows(self) -> Iterator[str]:
        """Rows of the table: pictures per second, and how much faster `fit` is, by the ratio within each round."""
        counted = {side: seconds[1:] for side, seconds in self.seconds.items()}
        for side, seconds in counted.items():
            ratio = statistics.median(theirs / ours for ours, theirs in zip(counted[self.name], seconds, strict=True))
            yield f"| {side} | {BATCH * STEPS / statistics.median(seconds):,.1f} | {ratio:.3f} |"


def compiled(precision: str = "float32") -> keras.Model:
    keras.config.set_dtype_policy(precision)
    model = keras_gen.GAN((64, 64, 3), latent_dim=100, generator=NETWORK, discriminator=NETWORK)
    keras.config.set_dtype_policy("float32")
    model.compile(**{name: spec.build() for name, spec in model.default_optimizers.items()})
    return model


def bare(model: keras.Model, batches: tf.data.Dataset) -> Round:
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
    peers = {"bare loop": bare(compiled(), batches)}
    if options.torch:
        peers["PyTorch"] = Torch(options.torch)
    print(f"batch {BATCH}, medians of {options.rounds} alternating rounds of {STEPS} steps\n")
    print("| | img/s | fit is faster by |\n|---|---|---|")
    for precision in ("float32", "mixed_bfloat16"):
        rounds = Rounds(f"fit, {precision}", peers)
        epochs = {"epochs": options.rounds + 1, "steps_per_epoch": STEPS}
        compiled(precision).fit(batches, **epochs, shuffle=False, verbose=0, callbacks=[rounds])
        print("\n".join(rounds.rows()), flush=True)


if __name__ == "__main__":
    main()
