"""How much of the background translators change, with and without attention, where the background is known.

    python benchmarks/attention_masks.py [--models cut cyclegan] [--steps 500] [--weight 0.1] [--picture made.png]

White digits of `mnist5k` on a coloured texture (domain A) become red ones on textures of the same kind (domain B). The
right answer is known for every picture: the same texture and a red digit. Printed for the test pictures, in grey
levels: the mean absolute change where there is no digit, that of the plain model, and their ratio; and, where there is
nothing but digit, how far the translation is from red and how far the input was.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from PIL import Image
from scipy import ndimage

import keras_gen
from keras_gen.data import open_source
from serving.common.images import to_float, to_uint8

MODELS = {"cut": keras_gen.CUT, "cyclegan": keras_gen.CycleGAN}
NETWORKS = {
    "generator": {"name": "resnet", "filters": 12, "blocks": 2},
    "discriminator": {"name": "patchgan", "receptive_field": 34, "filters": 24},
    "ema_decay": 0.99,
}
OPTIONS = {
    "cut": {"projection_units": 64, "patches": 64},
    "cyclegan": {"identity_weight": 0.0},
}
# With attention alone: what stays as it was costs no cycle loss, so that masks would fall to 0.
ATTENDED = {"cut": {}, "cyclegan": {"cycle_weight": 1.0}}
WHITE, RED = (255.0, 255.0, 255.0), (220.0, 30.0, 30.0)
KNOTS, GRAIN, LEVELS = 5, 0.15, (50.0, 190.0)
MARK = 0.25
BATCH, RATE = 8, 1e-3
SHOWN = 10


class Digits(NamedTuple):
    """Digits on textures, uint8 (n, height, width, 3), and where they are, (n, height, width) in [0, 1]."""

    pictures: np.ndarray
    truth: np.ndarray
    opacity: np.ndarray


def digits(split: str, ink: tuple[float, ...], seed: int) -> Digits:
    """Digits of an ink, with the same ones in red."""
    opacity = (to_float(to_uint8(open_source("mnist5k", split=split).examples.images))[..., 0] + 1) / 2
    random = np.random.default_rng(seed)
    n, height, width = opacity.shape
    knots = random.uniform(0, 1, (n, KNOTS, KNOTS))
    smooth = ndimage.zoom(knots, (1, height / KNOTS, width / KNOTS), order=1, grid_mode=True, mode="nearest")
    mixture = np.clip(smooth + random.normal(0, GRAIN, smooth.shape), 0, 1)[..., None]
    first, second = random.uniform(*LEVELS, (2, n, 1, 1, 3))
    ground = mixture * first + (1 - mixture) * second
    drawn = [
        np.rint(ground + opacity[..., None] * (np.array(colour) - ground)).astype(np.uint8) for colour in (ink, RED)
    ]
    return Digits(*drawn, opacity)


def trained(name: str, attention: bool, weight: float, steps: int, a: np.ndarray, b: np.ndarray) -> keras.Model:
    """A model after so many steps, the last half of them with a falling rate."""
    keras.utils.set_random_seed(1)
    rates = [keras.optimizers.schedules.PolynomialDecay(RATE, steps // 2, 0.0) for _ in range(2)]
    options = {**NETWORKS, **OPTIONS[name], **(ATTENDED[name] if attention else {})}
    model = MODELS[name](a.shape[1:], seed=1, attention=attention, attention_weight=weight, **options)
    held = [Held(rate, steps // 2) for rate in rates]
    model.compile(
        generator_optimizer=keras.optimizers.Adam(held[0], beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(held[1], beta_1=0.5),
    )
    sides = (
        tf.data.Dataset.from_tensor_slices(to_float(images)).shuffle(len(images), seed=seed).repeat()
        for seed, images in enumerate((a, b))
    )
    model.fit(tf.data.Dataset.zip(tuple(sides)).batch(BATCH), epochs=1, steps_per_epoch=steps, verbose=0)
    return model


class Held(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that begins after some steps at its first rate."""

    def __init__(self, schedule: keras.optimizers.schedules.LearningRateSchedule, steps: int) -> None:
        self.schedule, self.steps = schedule, steps

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        return self.schedule(tf.maximum(tf.cast(step, tf.float32) - self.steps, 0.0))


def measured(made: np.ndarray, test: Digits) -> dict[str, float]:
    """Mean absolute differences in grey levels, of a translation, uint8."""
    nothing, whole = test.opacity == 0, test.opacity > 0.95
    change = np.abs(made.astype(float) - test.pictures).mean(axis=-1)
    error = np.abs(made.astype(float) - test.truth).mean(axis=-1)
    before = np.abs(test.pictures.astype(float) - test.truth).mean(axis=-1)
    return {"background": change[nothing].mean(), "digit": error[whole].mean(), "before": before[whole].mean()}


def main() -> None:
    """Prints a row for each training, and writes inputs, masks and translations as a picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="*", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--weight", type=float, default=0.1, help="`attention_weight`")
    parser.add_argument("--picture", type=Path)
    chosen = parser.parse_args()
    first, second = digits("train", WHITE, 0), digits("train", RED, 1)
    test = digits("test", WHITE, 2)
    print(f"mark: a background change of at most {MARK} of the plain model's")
    print("| model | attention | background | of plain | digit | digit before | seconds |")
    print("|---|---|---|---|---|---|---|")
    shown = [test.pictures[:SHOWN]]
    for name in chosen.models:
        plain = 0.0
        for attention in (False, True):
            started = time.perf_counter()
            model = trained(name, attention, chosen.weight, chosen.steps, first.pictures[::2], second.pictures[1::2])
            seconds = time.perf_counter() - started
            made = model.inference_networks()["a_to_b"].predict(
                {"image": to_float(test.pictures)}, batch_size=64, verbose=0
            )
            figures = measured(to_uint8(made["translation"]), test)
            plain = plain or figures["background"]
            print(
                f"| {name} | {'yes' if attention else 'no'} | {figures['background']:.2f} | "
                f"{figures['background'] / plain:.3f} | {figures['digit']:.1f} | {figures['before']:.1f} | "
                f"{seconds:.0f} |",
                flush=True,
            )
            if attention:
                shown.append(np.rint(255 * made["mask"][:SHOWN]).astype(np.uint8).repeat(3, axis=-1))
            shown.append(to_uint8(made["translation"][:SHOWN]))
    if chosen.picture:
        rows = np.concatenate([np.concatenate(list(row), axis=1) for row in shown])
        Image.fromarray(rows.repeat(2, axis=0).repeat(2, axis=1)).save(chosen.picture)


if __name__ == "__main__":
    main()
