"""`fit` with the callbacks of a run against a bare `tf.function` loop over the same step and the same data."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf
from timing import alternate

import keras_gen
from keras_gen.training.callbacks import FiniteLosses, MetricsFile

BATCH = 64
STEPS = 100
ROUNDS = 9
MODELS = {
    "VAE 16x16 (demo)": lambda: keras_gen.VAE((16, 16, 1), latent_dim=2),
    "VAE 32x32": lambda: keras_gen.VAE((32, 32, 1), latent_dim=16),
    "GAN 16x16 (demo)": lambda: keras_gen.GAN(
        (16, 16, 1),
        latent_dim=32,
        generator={"name": "dcgan", "filters": 32},
        discriminator={"name": "dcgan", "filters": 32},
        penalties={"r1": 1.0},
    ),
    "GAN 32x32": lambda: keras_gen.GAN(
        (32, 32, 1),
        latent_dim=64,
        generator={"name": "dcgan", "filters": 32},
        discriminator={"name": "dcgan", "filters": 32},
    ),
}


def compiled(build):
    model = build()
    model.compile(**{name: spec.build() for name, spec in model.default_optimizers.items()})
    for name in model.default_optimizers:
        if name == "optimizer":
            model.optimizer.build(model.trainable_variables)
    return model


def main() -> None:
    print(f"batch {BATCH}, {STEPS} steps a round, medians of {ROUNDS} alternating rounds\n")
    print("| model | fit, img/s | bare loop, img/s | ratio |\n|---|---|---|---|")
    for name, build in MODELS.items():
        fitted, bare = compiled(build), compiled(build)
        source = keras_gen.data.open_source("digits", fitted.image_shape[0])
        stream, batches = source.endless(BATCH, seed=0), iter(source.endless(BATCH, seed=0))
        step = tf.function(bare.train_step)
        with tempfile.TemporaryDirectory() as folder:
            callbacks = [
                FiniteLosses(),
                keras.callbacks.TensorBoard(folder, write_graph=False),
                MetricsFile(Path(folder) / "metrics.csv"),
            ]

            def fit(model=fitted, data=stream, callbacks=callbacks):
                model.fit(data, steps_per_epoch=STEPS, shuffle=False, verbose=0, callbacks=callbacks)

            def loop(step=step, batches=batches):
                for _ in range(STEPS):
                    values = step(next(batches))
                return {key: value.numpy() for key, value in values.items()}

            result = alternate(fit, loop, ROUNDS)
        pictures = BATCH * STEPS
        print(
            f"| {name} | {pictures / result.ours:,.0f} | {pictures / result.peer:,.0f} | {result.ratio:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
