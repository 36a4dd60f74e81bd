"""A GAN that learns from corrupted pictures alone: AmbientGAN beside a GAN of inpainted ones. Prints a table.

    python benchmarks/measured_pictures.py --data idx:MNIST --epochs 5
    python benchmarks/measured_pictures.py --data mnist5k --epochs 20 --count 1000

Of each training picture a share of the pixels is seen, and which ones is known. AmbientGAN is shown them beside its own
pictures, corrupted likewise. The others are trained on what was seen as it is, and on what an inpainting makes of it:
the harmonic one, in which a pixel that was not seen is the mean of its neighbours. All have the same networks, steps
and seed. A figure is the Fréchet distance of samples from the test pictures, with the features of the classifier that
`keras-gen evaluate` fits; inpainted training pictures are measured too. The mark is half of the inpainting GAN's.

Source: Bora et al. 2018, "AmbientGAN: Generative Models from Lossy Measurements", sections 4 and 5.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

import keras_gen
from keras_gen.data import Source, open_source
from keras_gen.metrics.comparison import Comparison
from keras_gen.metrics.sample_figures import evaluate_samples
from serving.common.images import to_float, to_uint8

SIZE, BATCH, LATENT_DIM, RATE = 32, 64, 64, 5e-4
SWEEPS = 40
MARK = 0.5


def main() -> None:
    chosen = parse()
    train, test = (open_source(chosen.data, (SIZE, SIZE), 1, split) for split in ("train", "test"))
    pictures = to_float(train.examples.images)
    seen = np.random.default_rng(chosen.seed).random(pictures.shape, np.float32) >= chosen.share
    whole = inpainted(pictures, seen)
    count = min(chosen.count, len(pictures))
    print("| trained on | Fréchet distance | of inpainted | seconds |\n|---|---|---|---|")
    ways = {
        "inpainted pictures": (whole, None),
        "what was seen, black elsewhere": (np.where(seen, pictures, np.float32(-1)), None),
        "the same, by AmbientGAN": (np.where(seen, pictures, np.float32(-1)), "blocked"),
    }
    distances, shown = [], [pictures[:10], ways["what was seen, black elsewhere"][0][:10], whole[:10]]
    for name in chosen.ways or list(ways):
        images, measurement = ways[name]
        started = time.perf_counter()
        model = trained(images, measurement, chosen)
        seconds = time.perf_counter() - started
        samples = model.sample(count, seed=chosen.seed)
        distances.append(distance(samples, train, test, chosen.seed))
        shown.append(samples[:10])
        print(f"| {name} | {distances[-1]:.2f} | {distances[-1] / distances[0]:.2f} | {seconds:.0f} |", flush=True)
    print(f"| the inpainted pictures themselves | {distance(whole[:count], train, test, chosen.seed):.2f} | | |")
    print(f"mark: at most {MARK} of the GAN of inpainted pictures")
    if chosen.picture:
        rows = np.concatenate([np.concatenate(list(to_uint8(row)[..., 0]), axis=1) for row in shown])
        Image.fromarray(rows.repeat(2, axis=0).repeat(2, axis=1)).save(chosen.picture)


def parse() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="tfds:mnist")
    parser.add_argument("--share", type=float, default=0.5, help="of pixels that are not seen")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--count", type=int, default=10_000, help="samples")
    parser.add_argument("--ways", nargs="+", help="rows of the table; all by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--picture", type=Path, help="pictures, what was seen, inpainted ones, and samples")
    return parser.parse_args()


def inpainted(pictures: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Pictures (n, height, width, 1) whose pixels that were not seen are the mean of their neighbours."""
    made = np.where(seen, pictures, np.float32(0))
    for _ in range(SWEEPS):
        around = np.pad(made, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
        mean = (around[:, :-2, 1:-1] + around[:, 2:, 1:-1] + around[:, 1:-1, :-2] + around[:, 1:-1, 2:]) / 4
        made = np.where(seen, pictures, mean)
    return made


def trained(images: np.ndarray, measurement: str | None, chosen: Any) -> keras.Model:
    """A GAN with the networks and settings of the recipe `ambient_gan_mnist`, whose rates fall to 0."""
    keras.utils.set_random_seed(chosen.seed)
    model = keras_gen.GAN(
        (SIZE, SIZE, 1),
        LATENT_DIM,
        {"name": "dcgan", "filters": 32},
        {"name": "dcgan", "filters": 32, "batch_normalization": False},
        measurement=measurement,
        measurement_amount=chosen.share,
        penalties={"r1": 0.02},
        seed=chosen.seed,
    )
    steps = chosen.epochs * (len(images) // BATCH)
    rates = [keras.optimizers.schedules.CosineDecay(RATE, steps) for _ in range(2)]
    optimizers = [keras.optimizers.Adam(rate, beta_1=0.5, beta_2=0.99) for rate in rates]
    model.compile(generator_optimizer=optimizers[0], discriminator_optimizer=optimizers[1])
    data = tf.data.Dataset.from_tensor_slices(images).shuffle(len(images), seed=chosen.seed)
    model.fit(data.batch(BATCH, drop_remainder=True), epochs=chosen.epochs, shuffle=False, verbose=0)
    return model


def distance(samples: np.ndarray, train: Source, test: Source, seed: int) -> float:
    """The Fréchet distance from the test pictures."""
    compared = Comparison(samples, 0, test, train, "test", None, seed, "classifier")
    return evaluate_samples(["frechet"], compared)[0].value


if __name__ == "__main__":
    main()
