"""`fit` with the callbacks of a run against a bare `tf.function` loop over the same step and the same data.

Both take turns within one `fit`: after each epoch a callback runs as many steps of the bare loop. An epoch is
timed from the first callback of its beginning to the last of its end.
What `fit` takes once, to trace and to start, is left out on both sides.

Names of rows, as arguments, measure those alone.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

import keras_gen
from keras_gen.data import Domains, Examples, Source
from keras_gen.training.callbacks import EpochScalars, FiniteLosses, MetricsFile

DCGAN = {"name": "dcgan", "filters": 32}
SMALL_DCGAN = {"name": "dcgan", "filters": 16}
STYLED = {"name": "stylegan", "filters": 8}
RESNET = {"name": "resnet", "filters": 64, "blocks": 6}


class Row(NamedTuple):
    """A model, and how it is measured."""

    build: Callable[[], keras.Model]
    batch: int = 64
    steps: int = 100
    rounds: int = 9


MODELS = {
    "VAE 16x16 (demo)": Row(lambda: keras_gen.VAE((16, 16, 1), latent_dim=2)),
    "GAN 16x16 (demo)": Row(
        lambda: keras_gen.GAN((16, 16, 1), latent_dim=32, generator=DCGAN, discriminator=DCGAN, penalties={"r1": 1.0})
    ),
    "GAN 32x32": Row(lambda: keras_gen.GAN((32, 32, 1), latent_dim=64, generator=DCGAN, discriminator=DCGAN)),
    "WGAN-GP 32x32": Row(
        lambda: keras_gen.GAN(
            (32, 32, 1),
            latent_dim=64,
            generator=DCGAN,
            discriminator={**DCGAN, "batch_normalization": False},
            loss="wasserstein",
            penalties={"gp": 10.0},
            discriminator_steps=5,
        ),
        batch=320,
        steps=10,
    ),
    "StyleGAN2 32x32, lazy R1 and path length": Row(
        lambda: keras_gen.GAN(
            (32, 32, 1),
            latent_dim=64,
            generator=STYLED,
            discriminator=STYLED,
            penalties={"r1": 1.0},
            penalty_every=16,
            generator_penalties={"path_length": 2.0},
            generator_penalty_every=8,
        ),
        batch=32,
        steps=16,
        rounds=7,
    ),
    "autoencoder 32x32": Row(lambda: keras_gen.Autoencoder((32, 32, 1))),
    "denoising_autoencoder 32x32": Row(lambda: keras_gen.DenoisingAutoencoder((32, 32, 1))),
    "sparse_autoencoder 32x32": Row(lambda: keras_gen.SparseAutoencoder((32, 32, 1))),
    "VAE 32x32": Row(lambda: keras_gen.VAE((32, 32, 1), latent_dim=16)),
    "VAE 32x32, 5 samples": Row(lambda: keras_gen.VAE((32, 32, 1), latent_dim=16, num_samples=5)),
    "VAE 32x32, score function": Row(lambda: keras_gen.VAE((32, 32, 1), latent_dim=16, estimator="score_function")),
    "conditional_vae 32x32": Row(lambda: keras_gen.ConditionalVAE((32, 32, 1), tuple("0123456789"), latent_dim=16)),
    "aae 32x32": Row(lambda: keras_gen.AAE((32, 32, 1), latent_dim=8)),
    "pix2pix 64x64, batch 4": Row(lambda: keras_gen.Pix2Pix((64, 64, 3)), batch=4, steps=5),
    "cyclegan 128x128, batch 1": Row(
        lambda: keras_gen.CycleGAN((128, 128, 3), generator=RESNET), batch=1, steps=3, rounds=7
    ),
    "cut 128x128, batch 1": Row(lambda: keras_gen.CUT((128, 128, 3), generator=RESNET), batch=1, steps=3, rounds=7),
    "vae_gan 32x32": Row(
        lambda: keras_gen.VAEGAN(
            (32, 32, 1), latent_dim=32, encoder=SMALL_DCGAN, decoder=SMALL_DCGAN, discriminator=SMALL_DCGAN
        )
    ),
}


class Epochs(keras.callbacks.Callback):
    """Stands first among the callbacks; `finish`, called by the last, times the epoch, then the bare loop."""

    def __init__(self, loop):
        super().__init__()
        self.loop = loop
        self.pairs = []

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()

    def finish(self):
        ended = time.perf_counter()
        self.loop()
        self.pairs.append((ended - self.started, time.perf_counter() - ended))


class Last(keras.callbacks.Callback):
    """Passes the end of an epoch on, after all other callbacks."""

    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.finish()


def compiled(build):
    model = build()
    model.compile(**{name: spec.build() for name, spec in model.default_optimizers.items()})
    if "optimizer" in model.default_optimizers:
        model.optimizer.build(model.trainable_variables)
    return model


def bare_loop(model, batches, steps):
    step = tf.function(model.train_step)

    def loop():
        for _ in range(steps):
            values = step(next(batches))
        return {key: value.numpy() for key, value in values.items()}

    loop()
    return loop


def batches_for(model, batch):
    """Endless batches of what the model is trained on: digits, or two domains of noise."""
    if not model.spec.translates:
        source = keras_gen.data.open_source("digits", model.image_shape[0])
        return source.endless(batch, seed=0, labels=model.spec.labelled)
    noise = np.random.default_rng(0).integers(0, 256, (2, 16, *model.image_shape), np.uint8)
    a, b = (Source("noise", "train", Examples(images)) for images in noise)
    return Domains("noise", a, b, paired=True).endless(batch)


def measure(row):
    fitted, bare = compiled(row.build), compiled(row.build)
    batches = batches_for(fitted, row.batch)
    epochs = Epochs(bare_loop(bare, iter(batches), row.steps))
    with tempfile.TemporaryDirectory() as folder:
        callbacks = [
            epochs,
            FiniteLosses(),
            EpochScalars(Path(folder) / "tensorboard"),
            MetricsFile(Path(folder) / "metrics.csv"),
            Last(epochs),
        ]
        fitted.fit(
            batches,
            steps_per_epoch=row.steps,
            epochs=row.rounds + 1,
            shuffle=False,
            verbose=0,
            callbacks=callbacks,
        )
    return epochs.pairs[1:]


def main() -> None:
    chosen = sys.argv[1:] or list(MODELS)
    print("| model | batch | rounds of steps | fit, img/s | bare loop, img/s | ratio |\n|---|---|---|---|---|---|")
    for name in chosen:
        row = MODELS[name]
        pairs = measure(row)
        fit, bare = (row.batch * row.steps / statistics.median(times) for times in zip(*pairs, strict=True))
        ratio = statistics.median(bare_time / fit_time for fit_time, bare_time in pairs)
        print(
            f"| {name} | {row.batch} | {row.rounds} of {row.steps} | {fit:,.4g} | {bare:,.4g} | {ratio:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
