"""A training step of DCGAN, CycleGAN and a VAE: our `fit` against PyTorch in all of its ways, in alternating rounds.

    python benchmarks/training_steps.py --torch PYTHON_WITH_TORCH [dcgan] [cyclegan] [vae] [--precisions float32]

Both sides have the same layers, losses and optimizers; ours also keep a moving average of the generator. PyTorch runs
as it is, channels last, compiled, and both, each in a process of its own, and the fastest of them is the peer.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from peer_process import PRECISIONS, Peer, torch_ways

import keras_gen

DCGAN = {"name": "dcgan", "filters": 64}
RESNET = {"name": "resnet", "filters": 64, "blocks": 6}
OURS = "fit"
Round = Callable[[], None]


class Row(NamedTuple):
    """A model, its batch, and the steps of a round."""

    build: Callable[[], keras.Model]
    shape: tuple[int, int, int]
    batch: int
    steps: int
    pairs: bool = False

    def batches(self) -> tf.data.Dataset:
        """The same batch again and again, so that no data is waited for."""
        generator = np.random.default_rng(0)
        drawn = [generator.uniform(-1, 1, (self.batch, *self.shape)).astype(np.float32) for _ in range(1 + self.pairs)]
        return tf.data.Dataset.from_tensors(tuple(drawn) if self.pairs else drawn[0]).repeat()


MODELS = {
    "dcgan": Row(
        lambda: keras_gen.GAN((64, 64, 3), latent_dim=100, generator=DCGAN, discriminator=DCGAN), (64, 64, 3), 64, 6
    ),
    "cyclegan": Row(lambda: keras_gen.CycleGAN((128, 128, 3), generator=RESNET), (128, 128, 3), 1, 2, pairs=True),
    "vae": Row(lambda: keras_gen.VAE((32, 32, 1), latent_dim=16), (32, 32, 1), 64, 100),
}


class Rounds(keras.callbacks.Callback):
    """An epoch of `fit` is a round; after it every peer has one. The first of each is not counted."""

    def __init__(self, peers: Mapping[str, Round]) -> None:
        super().__init__()
        self.peers = peers
        self.seconds: dict[str, list[float]] = {side: [] for side in (OURS, *peers)}

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seconds[OURS].append(time.perf_counter() - self.started)
        names = list(self.peers)
        for name in names if epoch % 2 else reversed(names):
            started = time.perf_counter()
            self.peers[name]()
            self.seconds[name].append(time.perf_counter() - started)

    def rows(self, pictures: int) -> Iterator[str]:
        """Rows of the table: images per second, and how much faster `fit` is, by the ratio within each round."""
        counted = {side: seconds[1:] for side, seconds in self.seconds.items()}
        ratios = {
            side: statistics.median(theirs / ours for ours, theirs in zip(counted[OURS], seconds, strict=True))
            for side, seconds in counted.items()
        }
        fastest = min((side for side in ratios if side.startswith("PyTorch")), key=ratios.__getitem__, default="")
        for side, seconds in counted.items():
            ratio = f"**{ratios[side]:.3f}**" if side == fastest else f"{ratios[side]:.3f}"
            yield f"| {side} | {pictures / statistics.median(seconds):,.2f} | {ratio} |"


def compiled(row: Row, precision: str) -> keras.Model:
    keras.config.set_dtype_policy(precision if precision == "float32" else f"mixed_{precision}")
    model = row.build()
    keras.config.set_dtype_policy("float32")
    model.compile(**{name: spec.build() for name, spec in model.default_optimizers.items()})
    return model


def peers(python: str | None, name: str, row: Row, precision: str) -> dict[str, Peer]:
    """One process for each way: what one has in its caches does not slow down another."""
    words = ["torch_training.py", name, str(row.batch), str(row.steps)]
    return {f"PyTorch, {way}": Peer(python, words, way) for way in torch_ways([precision])} if python else {}


def measure(name: str, precision: str, python: str | None, rounds: int) -> None:
    row = MODELS[name]
    print(f"\n{name}, {row.shape[0]}x{row.shape[1]}, batch {row.batch}, {precision}\n")
    print("| | img/s | fit is faster by |\n|---|---|---|", flush=True)
    against = peers(python, name, row, precision)
    turns = Rounds(against)
    epochs = {"epochs": rounds + 1, "steps_per_epoch": row.steps}
    compiled(row, precision).fit(row.batches(), **epochs, shuffle=False, verbose=0, callbacks=[turns])
    print("\n".join(turns.rows(row.batch * row.steps)), flush=True)
    for peer in against.values():
        peer.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*", default=list(MODELS), metavar="MODEL", help=" ".join(MODELS))
    parser.add_argument("--torch", help="a Python interpreter that has PyTorch; without it the peers are left out")
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=list(PRECISIONS))
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    print(f"medians of {options.rounds} alternating rounds")
    for name in options.models:
        for precision in options.precisions:
            measure(name, precision, options.torch, options.rounds)


if __name__ == "__main__":
    main()
