"""A training step of DCGAN, CycleGAN, CUT and a VAE: our `fit` against a bare loop over the same step, and against
PyTorch in all of its ways, in alternating rounds.

    python benchmarks/training_steps.py --torch PYTHON_WITH_TORCH [dcgan] [cyclegan] [cut] [vae] [--precisions float32]
        [--size 128] [--filters 64] [--eager]

Both sides have the same layers, losses and optimizers; ours also keep a moving average of the generator. PyTorch runs
as it is, channels last, compiled, and both, each in a process of its own, and the fastest of them is the peer.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from fit_overhead import bare_loop
from peer_process import PRECISIONS, Peer, torch_ways

import keras_gen

DCGAN = {"name": "dcgan", "filters": 64}
OURS, BARE = "fit", "bare loop"
Round = Callable[[], None]


class Row(NamedTuple):
    """A model, its batch, the steps of a round, and for a translator the sizes that its peer is told."""

    build: Callable[[], keras.Model]
    shape: tuple[int, int, int]
    batch: int
    steps: int
    sizes: tuple[int, ...] = ()

    def batches(self) -> tf.data.Dataset:
        """The same batch again and again, so that no data is waited for."""
        generator = np.random.default_rng(0)
        drawn = [
            generator.uniform(-1, 1, (self.batch, *self.shape)).astype(np.float32)
            for _ in range(2 if self.sizes else 1)
        ]
        return tf.data.Dataset.from_tensors(tuple(drawn) if self.sizes else drawn[0]).repeat()


def translator(cls: type[keras.Model], size: int, filters: int) -> Row:
    """CycleGAN or CUT with the networks of the peer, one picture of each domain at a time."""
    generator = {"name": "resnet", "filters": filters, "blocks": 6}
    return Row(lambda: cls((size, size, 3), generator=generator), (size, size, 3), 1, 2, (size, filters))


def models(size: int, filters: int) -> dict[str, Row]:
    """All rows.

    Args:
        size: side of the pictures of translators.
        filters: of their generators.
    """
    dcgan = partial(keras_gen.GAN, (64, 64, 3), latent_dim=100, generator=DCGAN, discriminator=DCGAN)
    return {
        "dcgan": Row(dcgan, (64, 64, 3), 64, 6),
        "cyclegan": translator(keras_gen.CycleGAN, size, filters),
        "cut": translator(keras_gen.CUT, size, filters),
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


def peers(python: str | None, name: str, row: Row, precision: str, eager: bool) -> dict[str, Peer]:
    """One process for each way: what one has in its caches does not slow down another."""
    words = ["torch_training.py", name, *map(str, (row.batch, row.steps, *row.sizes))]
    ways = [way for way in torch_ways([precision]) if not eager or "compiled" not in way]
    return {f"PyTorch, {way}": Peer(python, words, way) for way in ways} if python else {}


def measure(name: str, row: Row, precision: str, options: argparse.Namespace) -> None:
    sizes = f", {row.sizes[1]} filters" if row.sizes else ""
    print(f"\n{name}, {row.shape[0]}x{row.shape[1]}{sizes}, batch {row.batch}, {precision}\n")
    print("| | img/s | fit is faster by |\n|---|---|---|", flush=True)
    against = peers(options.torch, name, row, precision, options.eager)
    bare = bare_loop(compiled(row, precision), iter(row.batches()), row.steps)
    turns = Rounds({BARE: bare, **against})
    epochs = {"epochs": options.rounds + 1, "steps_per_epoch": row.steps}
    compiled(row, precision).fit(row.batches(), **epochs, shuffle=False, verbose=0, callbacks=[turns])
    print("\n".join(turns.rows(row.batch * row.steps)), flush=True)
    for peer in against.values():
        peer.close()


def main() -> None:
    names = list(models(128, 64))
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*", default=names, metavar="MODEL", help=" ".join(names))
    parser.add_argument("--torch", help="a Python interpreter that has PyTorch; without it the peers are left out")
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=list(PRECISIONS))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--eager", action="store_true", help="without compiled peers, which start slowly")
    parser.add_argument("--size", type=int, default=128, help="side of the pictures of cyclegan and cut")
    parser.add_argument("--filters", type=int, default=64, help="of the generators of cyclegan and cut")
    options = parser.parse_args()
    print(f"medians of {options.rounds} alternating rounds")
    for name in options.models:
        row = models(options.size, options.filters)[name]
        for precision in options.precisions:
            measure(name, row, precision, options)


if __name__ == "__main__":
    main()
