"""What a checkpoint every 200 steps costs, by model: the time of writing one against that of 200 steps of `fit`.

Both take turns. Names of rows of `fit_overhead.py`, as arguments, measure those alone.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import keras
from fit_overhead import MODELS, Row, batches_for, compiled

from keras_gen.training.callbacks import Checkpoints

EVERY = 200
CHOSEN = ("VAE 32x32", "GAN 32x32", "cyclegan 128x128, batch 1")


class Saves(keras.callbacks.Callback):
    """Writes a checkpoint after every epoch and times both."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.checkpoints = Checkpoints(folder)
        self.pairs: list[tuple[float, float]] = []

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        self.checkpoints.set_model(model)

    def set_params(self, params: dict) -> None:
        super().set_params(params)
        self.checkpoints.set_params(params)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        trained = time.perf_counter()
        self.checkpoints.on_epoch_end(epoch)
        self.pairs.append((trained - self.began, time.perf_counter() - trained))


def measure(row: Row) -> list[tuple[float, float]]:
    """Seconds of each epoch of `row.steps` steps and of its checkpoint, without the first."""
    model = compiled(row.build)
    batches = batches_for(model, row.batch)
    with tempfile.TemporaryDirectory() as folder:
        saves = Saves(Path(folder))
        fit = {"steps_per_epoch": row.steps, "epochs": row.rounds + 1, "shuffle": False, "verbose": 0}
        model.fit(batches, callbacks=[saves], **fit)
    return saves.pairs[1:]


def main() -> None:
    print(f"| model | batch | a step, ms | a checkpoint, ms | every {EVERY} steps |\n|---|---|---|---|---|")
    for name in sys.argv[1:] or CHOSEN:
        row = MODELS[name]
        pairs = measure(row)
        step, checkpoint = (statistics.median(times) for times in zip(*pairs, strict=True))
        step /= row.steps
        share = statistics.median(saved / (trained / row.steps * EVERY) for trained, saved in pairs)
        print(f"| {name} | {row.batch} | {1000 * step:.1f} | {1000 * checkpoint:.0f} | {share:.1%} |", flush=True)


if __name__ == "__main__":
    main()
