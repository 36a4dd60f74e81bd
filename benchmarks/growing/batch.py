"""Time and memory of a training step and of sampling, against the batch."""

from __future__ import annotations

import tempfile
from pathlib import Path

from growing.measuring import child, in_rounds, row, status, table

BATCHES = [2**power for power in range(10)]
ROUNDS, BUDGET = 9, 20.0
STEPS = {"vae": "VAE 32x32, a training step", "gan": "GAN 32x32, a training step"}


def measure(_: Path | None) -> None:
    """Prints a table for each model, and one for sampling."""
    for name, title in STEPS.items():
        table(title, child("batch", name))
    with tempfile.TemporaryDirectory() as folder:
        child("made", "sampling", folder)
        table("GAN 32x32, a batch of `Sampler.sample`", child("batch", "sample", f"{folder}/sampling"))


def child_of(name: str, *words: str) -> None:
    """The rows of one table."""
    runs = _sampling(Path(words[0])) if name == "sample" else _training(name)
    memory = {}
    for batch, run in runs.items():  # the largest comes last: what was the most until then is the batch's own
        run()
        memory[batch] = status("VmHWM")
    for batch, seconds in in_rounds(runs, ROUNDS, BUDGET).items():
        row(batch=batch, ms=1e3 * seconds, **{"us a picture": 1e6 * seconds / batch, "MiB": memory[batch]})


def _training(name: str) -> dict:
    import numpy as np
    import tensorflow as tf
    from growing.untrained import model

    step = tf.function(model(name).train_step, reduce_retracing=True)
    pictures = np.random.default_rng(0).uniform(-1, 1, (BATCHES[-1], 32, 32, 1)).astype(np.float32)
    tensors = {batch: tf.constant(pictures[:batch]) for batch in BATCHES}
    for batch in (3, 5):
        step(tf.constant(pictures[:batch]))  # from the second size on it takes any

    def run(batch: int) -> None:
        for value in step(tensors[batch]).values():
            value.numpy()

    return {batch: lambda batch=batch: run(batch) for batch in BATCHES}


def _sampling(bundle: Path) -> dict:
    import serving

    sampler = serving.load(bundle, "cpu")
    return {batch: lambda batch=batch: sampler.sample(batch, batch_size=batch) for batch in BATCHES}
