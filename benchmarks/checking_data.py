"""What looking at the data costs: a share of the training step, and the fingerprint that a run keeps of it.

`fit` that looks at what it is given takes turns with `fit` of the same batches that does not; beside it, both sets of
batches are gone through without a model. Then the fingerprint is timed: of as many pictures as MNIST has, and of larger
sets in memory and in a file, `--gigabytes` each, made up in a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras.src.trainers.data_adapters import get_data_adapter

import keras_gen
from keras_gen.data import Examples, Source
from keras_gen.data.fingerprint import fingerprint
from keras_gen.training.given import given
from keras_gen.training.intake import Mistakes

BATCH = 64
SIDE = 128
MODELS: dict[str, Callable[[], keras.Model]] = {
    "autoencoder 16x16": lambda: keras_gen.Autoencoder((16, 16, 1)),
    "conditional_vae 16x16": lambda: keras_gen.ConditionalVAE((16, 16, 1), tuple("0123456789"), latent_dim=2),
}


class Clock(keras.callbacks.Callback):
    """Seconds a step, without the first."""

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if batch == 0:
            self.began = time.perf_counter()
        else:
            self.seconds = (time.perf_counter() - self.began) / batch


def data_of(model: keras.Model, steps: int) -> tuple[np.ndarray, ...]:
    count = BATCH * steps
    images = np.random.default_rng(0).uniform(-1, 1, (count, *model.image_shape)).astype(np.float32)
    return (images, np.arange(count) % 10) if model.spec.labelled else (images,)


def as_arrays(parts: tuple[np.ndarray, ...]) -> tuple[tuple[Any, ...], Any]:
    """What `fit` looks at, and Keras's adapter of the same, which it does not look at."""
    return parts, get_data_adapter(*parts, batch_size=BATCH, shuffle=False)


def as_dataset(parts: tuple[np.ndarray, ...]) -> tuple[tuple[Any, ...], Any]:
    batches = tf.data.Dataset.from_tensor_slices(parts if len(parts) > 1 else parts[0]).batch(BATCH)
    return (batches,), get_data_adapter(batches)


def gone_through(batches: tf.data.Dataset) -> float:
    """Seconds of the processor a batch: what other programs do meanwhile does not count."""
    began = time.process_time()
    count = sum(1 for _ in batches)
    return (time.process_time() - began) / count


def measure(model: keras.Model, looked_at: tuple[Any, ...], bare: Any, rounds: int) -> str:
    """A row: the step, the ratio of the two, what a batch takes more alone, and its share of the step."""
    clock, mistakes = Clock(), Mistakes()
    options = {"batch_size": BATCH, "shuffle": False, "verbose": 0, "callbacks": [clock]}

    def step(*data: Any) -> float:
        model.fit(*data, **options)
        return clock.seconds

    sets = [given(model, "fit", mistakes, *data, batch_size=BATCH).get_tf_dataset() for data in (looked_at, (bare,))]
    works = {
        "fit": (lambda: step(*looked_at), lambda: step(bare)),
        "alone": (lambda: gone_through(sets[0]), lambda: gone_through(sets[1])),
    }
    pairs: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for index in range(rounds + 1):
        for name, (ours, peer) in works.items():
            second = peer() if index % 2 else None
            first = ours()
            if index:  # the first round traces
                pairs[name].append((first, peer() if second is None else second))
    ratio = statistics.median(first / second for first, second in pairs["fit"])
    seconds = statistics.median(second for _, second in pairs["fit"])
    more = statistics.median(first - second for first, second in pairs["alone"])
    return f"{seconds * 1e3:.2f} | {ratio:.4f} | {more * 1e6:+.0f} | {more / seconds:.2%}"


def fingerprints(gigabytes: float) -> None:
    print("\n| data | GB | fingerprint, s |\n|---|---|---|")
    random = np.random.default_rng(0)
    mnist = random.integers(0, 256, (60_000, 28, 28, 1), np.uint8)
    row("as many as MNIST", mnist)
    count = int(gigabytes * 1e9 / (SIDE * SIDE * 3))
    with tempfile.TemporaryDirectory() as folder:
        images = np.lib.format.open_memmap(Path(folder) / "images.npy", "w+", np.uint8, (count, SIDE, SIDE, 3))
        for start in range(0, count, 1000):
            images[start : start + 1000] = random.integers(0, 256, (min(1000, count - start), 1, SIDE, 3), np.uint8)
        images.flush()
        row(f"{count:,} of {SIDE}x{SIDE} in a file", np.load(Path(folder) / "images.npy", mmap_mode="r"))
        row(f"{count:,} of {SIDE}x{SIDE} in memory", np.array(images))


def row(name: str, images: np.ndarray) -> None:
    source = Source(name, "train", Examples(images))
    times = []
    for _ in range(5):
        began = time.perf_counter()
        fingerprint(source)
        times.append(time.perf_counter() - began)
    print(f"| {name} | {images.nbytes / 1e9:.2f} | {statistics.median(times):.3f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--gigabytes", type=float, default=2.8)
    parser.add_argument("models", nargs="*", help=f"of {', '.join(MODELS)}; all of them by default")
    options = parser.parse_args()
    print("| model | given | step, ms | fit, ratio | a batch alone, us of CPU | share |\n|---|---|---|---|---|---|")
    for name in options.models or MODELS:
        model = MODELS[name]()
        model.compile(optimizer="adam")
        parts = data_of(model, options.steps)
        for kind, way in (("arrays", as_arrays), ("tf.data", as_dataset)):
            print(f"| {name} | {kind} | {measure(model, *way(parts), options.rounds)} |", flush=True)
    if options.gigabytes:
        fingerprints(options.gigabytes)


if __name__ == "__main__":
    main()
