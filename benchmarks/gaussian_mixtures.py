"""Which losses reach every mode of a mixture of Gaussians, and how sharply. Prints a table and writes a picture.

    python benchmarks/gaussian_mixtures.py --out docs/mixtures_plain.png
    python benchmarks/gaussian_mixtures.py --games steadied --out docs/mixtures_steadied.png

A ring of 8 and a grid of 25 Gaussians in the plane, as in Srivastava et al. 2017, "VEEGAN", and Lin et al. 2018,
"PacGAN", shrunk into [-1, 1]: on the ring the deviation is 1/100 of the radius, on the grid 1/40 of the spacing. The
networks are the same for every loss; a mode is found where a sample of 2,500 lies within 3 deviations of its centre.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import matplotlib
import numpy as np
import tensorflow as tf

import keras_gen
from keras_gen.data.mixtures import MIXTURES, Mixture
from keras_gen.metrics import near_centres

matplotlib.use("Agg")
import matplotlib.pyplot as plt

BATCH = 256
SAMPLES = 2500
NETWORK = {"name": "mlp", "units": [128, 128, 128], "activation": "relu"}
LEARNING_RATE = 1e-3
# Half the grid's spacing in the beginning: the modes touch, and the generator reaches all of them before they part.
NOISE = {"instance_noise": 0.2, "instance_noise_steps": 6000}
# Name in the table -> options of the GAN.
PLAIN: dict[str, dict[str, Any]] = {
    "minimax, 5 moves": {"loss": "minimax", "discriminator_steps": 5},
    "minimax": {"loss": "minimax"},
    "non_saturating": {"loss": "non_saturating"},
    "least_squares": {"loss": "least_squares"},
    "hinge": {"loss": "hinge"},
    "wasserstein, weights within 0.1": {"loss": "wasserstein", "weight_clip": 0.1, "discriminator_steps": 3},
    "relativistic": {"loss": "relativistic"},
}
STEADIED: dict[str, dict[str, Any]] = {
    "wasserstein, gp:0.1, noise": {
        "loss": "wasserstein",
        "penalties": "gp:0.1",
        "discriminator_steps": 3,
        **NOISE,
    },
    "minimax, r1:0.0005, noise": {"loss": "minimax", "penalties": "r1:0.0005", **NOISE},
    "non_saturating, r1:0.0005, noise": {"loss": "non_saturating", "penalties": "r1:0.0005", **NOISE},
    "hinge, r1:0.001, noise": {"loss": "hinge", "penalties": "r1:0.001", **NOISE},
    "relativistic, r1:0.0005,r2:0.0005, noise": {
        "loss": "relativistic",
        "penalties": "r1:0.0005,r2:0.0005",
        **NOISE,
    },
}

GAMES = {"plain": PLAIN, "steadied": STEADIED}


def batches(mixture: Mixture, rows: int, seed: int) -> tf.data.Dataset:
    """Endless draws of the mixture as pictures of one pixel with two channels."""
    means = tf.constant(mixture.centres, tf.float32)

    def draw(step: tf.Tensor) -> tf.Tensor:
        seeds = tf.stack([tf.constant(seed, tf.int64), step])
        which = tf.random.stateless_uniform((rows,), seeds, 0, len(mixture.centres), tf.int32)
        noise = tf.random.stateless_normal((rows, 2), seeds + 2**32)
        return tf.reshape(tf.gather(means, which) + mixture.deviation * noise, (rows, 1, 1, 2))

    return tf.data.Dataset.counter().map(draw, num_parallel_calls=1).prefetch(16)


def falling_adam(steps: int) -> keras.optimizers.Optimizer:
    """Adam without momentum, whose rate falls to 0 in so many of its steps."""
    return keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps), 0.0, 0.99)


def train(game: dict[str, Any], mixture: str, seed: int, steps: int) -> tuple[np.ndarray, int, float]:
    """Samples of a trained GAN, (n, 2), modes found, and the share of samples within 3 deviations."""
    drawn = MIXTURES[mixture]()
    keras.utils.set_random_seed(seed)
    model = keras_gen.GAN(
        image_shape=(1, 1, 2), latent_dim=8, generator=NETWORK, discriminator=NETWORK, seed=seed, **game
    )
    model.compile(
        generator_optimizer=falling_adam(steps),
        steps_per_execution=math.gcd(steps, 100),
        discriminator_optimizer=falling_adam(steps * model.discriminator_steps),
    )
    data = batches(drawn, BATCH * model.discriminator_steps, seed)
    model.fit(data, steps_per_epoch=steps, epochs=1, shuffle=False, verbose=0)
    points = model.sample(SAMPLES, seed=seed).reshape(SAMPLES, 2)
    near, found = near_centres(points, drawn.centres, drawn.deviation)
    return points, found, float(near.mean())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", default="gaussian_mixtures.png")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--games", choices=list(GAMES), default="plain", help="losses alone, or with noise and penalty")
    options = parser.parse_args()
    games = GAMES[options.games]
    figure, axes = plt.subplots(2, len(games), figsize=(1.6 * len(games), 3.8), squeeze=False)
    print(f"{options.steps} steps, {options.seeds} seeds; per seed\n")
    print("| loss | ring: modes of 8 | within 3 deviations | grid: modes of 25 | within 3 deviations | minutes |")
    print("|---|---|---|---|---|---|")
    for column, (name, game) in enumerate(games.items()):
        start, cells = time.time(), []
        for row, mixture in enumerate(MIXTURES):
            runs = [train(game, mixture, seed, options.steps) for seed in range(options.seeds)]
            cells += [", ".join(str(found) for _, found, _ in runs), ", ".join(f"{near:.0%}" for *_, near in runs)]
            draw(axes[row, column], runs[0][0], mixture, name if row == 0 else "")
        print(f"| {name} | {' | '.join(cells)} | {(time.time() - start) / 60:.1f} |", flush=True)
    figure.tight_layout(pad=0.3)
    figure.savefig(options.out, dpi=80)


def draw(axis: Any, points: np.ndarray, mixture: str, title: str) -> None:
    """Samples as dots over the centres as circles."""
    axis.plot(
        *MIXTURES[mixture]().centres.T,
        "o",
        markersize=6,
        markerfacecolor="none",
        markeredgecolor="tab:orange",
        markeredgewidth=0.7,
    )
    axis.plot(*points.T, ".", markersize=1.2, color="tab:blue")
    axis.set(xlim=(-1, 1), ylim=(-1, 1), xticks=[], yticks=[], aspect="equal")
    axis.set_title(title.replace(", ", "\n"), fontsize=7)


if __name__ == "__main__":
    main()
