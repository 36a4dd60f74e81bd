"""Pictures of docs/gallery.md that show what stands side by side: augmentations, penalties, translators.

    python benchmarks/gallery_pictures.py augmentations penalties translators

Everything is small: a training takes less than a minute of one core, and the data needs no download.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import matplotlib
import numpy as np
import tensorflow as tf
from gallery_page import FOLDER
from sklearn.datasets import load_sample_image

import keras_gen
from keras_gen.data import open_source
from keras_gen.data.mixtures import MIXTURES
from keras_gen.data.translation import Domains, open_domains
from keras_gen.layers.augmentation import AUGMENTATIONS, DifferentiableAugmentation
from keras_gen.layers.corruption import CORRUPTIONS, PixelCorruption
from keras_gen.metrics import near_centres
from serving.common.images import grid, to_float, to_uint8

matplotlib.use("Agg")
import matplotlib.pyplot as plt

SEED = 1
SIDE = 96  # of the augmented photograph
AMOUNTS = {
    "gaussian": 0.5,
    "masking": 0.25,
    "salt_and_pepper": 0.25,
    "blocked": 0.5,
    "blocked_patch": 0.25,
    "kept_patch": 0.75,
}
# The recipes gan_ring_minimax and gan_ring_r1.
POINTS = {"name": "points", "units": [128, 128]}
RING = {"image_shape": (1, 1, 2), "latent_dim": 2, "generator": POINTS, "discriminator": POINTS, "ema_decay": 0.99}
SHOWN_POINTS = 2500
SHOWN_PAIRS = 12
PENALTIES = {"no penalty": None, "r1": "r1:0.01", "r2": "r2:0.01", "gp": "gp:0.1", "dragan": "dragan:0.1"}
# Families, with widths that a core trains in less than a minute.
TRANSLATORS: dict[str, dict[str, Any]] = {"unet": {"filters": 16}, "resnet": {"filters": 16, "blocks": 3}}
STEPS = 1800


def augmentations() -> plt.Figure:
    """Every augmentation on a photograph, and every corruption on a digit, six draws of each."""
    kinds = [[name] for name in AUGMENTATIONS] + [list(AUGMENTATIONS)]
    rows = [(" + ".join(names), _augmented(names)) for names in kinds]
    rows += [(f"{name}, {AMOUNTS[name]}", _corrupted(name)) for name in CORRUPTIONS]
    figure, axes = plt.subplots(len(rows), 7, figsize=(7.6, 1.02 * len(rows)))
    for line, (name, pictures) in zip(axes, rows, strict=True):
        for axis, picture in zip(line, pictures, strict=True):
            _show(axis, picture)
        line[0].set_ylabel(name.replace(" + ", "\n+ ").replace("_and_", "\nand "), fontsize=7, rotation=0, ha="right")
    axes[0, 0].set_title("as it is", fontsize=7)
    return figure


def _augmented(names: list[str]) -> np.ndarray:
    """A photograph as it is and six times augmented, uint8."""
    photograph = load_sample_image("flower.jpg")[:, 120:547]
    small = tf.image.resize(to_float(photograph), (SIDE, SIDE), antialias=True)
    layer = DifferentiableAugmentation(names)
    noise = np.random.default_rng(SEED).random((6, layer.noise_size), np.float32)
    changed = layer(tf.repeat(small[None], 6, axis=0), noise)
    return to_uint8(np.concatenate([small[None], changed]))


def _corrupted(name: str) -> np.ndarray:
    digit = open_source("digits", image_size=16).examples.images[3:4].repeat(6, axis=0)
    layer = PixelCorruption(name, AMOUNTS[name])
    random = np.random.default_rng(SEED)
    noise = (random.random(digit.shape) if layer.uniform else random.standard_normal(digit.shape)).astype(np.float32)
    return to_uint8(np.concatenate([to_float(digit[:1]), layer(to_float(digit), noise)]))


def penalties() -> plt.Figure:
    """The saturating loss with five updates of the discriminator for each of the generator, which collapses, and with
    each penalty."""
    games = {name: {"loss": "minimax", "discriminator_steps": 5, "penalties": each} for name, each in PENALTIES.items()}
    return _rings({PENALTIES[name] or name: _ring(game, steps=600) for name, game in games.items()})


def _ring(game: dict[str, Any], steps: int) -> np.ndarray:
    """Samples of a GAN of points, (n, 2)."""
    model = keras_gen.GAN(**RING, **game, seed=SEED)
    moves = model.discriminator_steps
    model.compile(
        generator_optimizer=_falling(steps),
        discriminator_optimizer=_falling(steps * moves),
        steps_per_execution=20,
    )
    data = open_source("points:ring").dataset(batch_size=128 * moves, seed=SEED, drop_remainder=True).repeat()
    model.fit(data, steps_per_epoch=steps, epochs=1, shuffle=False, verbose=0)
    return np.asarray(model.sample(SHOWN_POINTS, seed=SEED)).reshape(SHOWN_POINTS, 2)


def _falling(steps: int) -> keras.optimizers.Optimizer:
    """Adam as in the recipes: its rate is held for two thirds of the steps, and then falls to 0."""
    held = 2 * steps // 3
    rate = keras.optimizers.schedules.CosineDecay(1e-3, steps - held, warmup_target=1e-3, warmup_steps=held)
    return keras.optimizers.Adam(rate, 0.0, 0.99)


def _rings(samples: dict[str, np.ndarray]) -> plt.Figure:
    mixture = MIXTURES["ring"]()
    figure, axes = plt.subplots(1, len(samples), figsize=(1.5 * len(samples), 2))
    for axis, (name, points) in zip(axes, samples.items(), strict=True):
        near, found = near_centres(points, mixture.centres, mixture.deviation)
        ring = {"markerfacecolor": "none", "markeredgecolor": "tab:orange", "markeredgewidth": 0.7}
        axis.plot(*mixture.centres.T, "o", markersize=6, **ring)
        axis.plot(*points.T, ".", markersize=1.2, color="tab:blue")
        axis.set(xlim=(-1, 1), ylim=(-1, 1), xticks=[], yticks=[], aspect="equal")
        axis.set_title(f"{name}\n{found} of 8 modes, {near.mean():.0%} near", fontsize=7)
    return figure


def _two_adams() -> dict[str, keras.optimizers.Optimizer]:
    return {f"{player}_optimizer": keras.optimizers.Adam(5e-4, 0.5) for player in ("generator", "discriminator")}


def translators() -> plt.Figure:
    """Outlines of digits, what pix2pix makes of them with each family of translators, and the digits, a row each."""
    both = open_domains("edges:digits", image_size=16)
    test = open_domains("edges:digits", image_size=16, split="test")
    outlines, digits = test.a.examples.images[:SHOWN_PAIRS], test.b.examples.images[:SHOWN_PAIRS]
    rows = [outlines, *(_translated(both, outlines, name) for name in TRANSLATORS), digits]
    figure, axis = plt.subplots(figsize=(7, 7 * len(rows) / SHOWN_PAIRS))
    _show(axis, grid(np.concatenate(rows), columns=SHOWN_PAIRS))
    return figure


def _translated(both: Domains, outlines: np.ndarray, name: str) -> np.ndarray:
    small = {"name": "patchgan", "receptive_field": 16, "filters": 16}
    generator = {"name": name, **TRANSLATORS[name]}
    model = keras_gen.Pix2Pix((16, 16, 1), generator=generator, discriminator=small, seed=SEED)
    model.compile(**_two_adams())
    model.fit(both.endless(16, seed=SEED), steps_per_epoch=STEPS, epochs=1, verbose=0)
    return to_uint8(np.asarray(model.generator(to_float(outlines))))


def _show(axis: Any, picture: np.ndarray) -> None:
    axis.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axis.set(xticks=[], yticks=[])
    for spine in axis.spines.values():
        spine.set_visible(False)


PICTURES: dict[str, Callable[[], plt.Figure]] = {
    function.__name__: function for function in (augmentations, penalties, translators)
}

PHOTOGRAPHS = {"augmentations"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("pictures", nargs="*", choices=list(PICTURES), default=list(PICTURES))
    tf.config.experimental.enable_op_determinism()
    for name in parser.parse_args().pictures:
        start = time.process_time()
        keras.utils.set_random_seed(SEED)
        figure = PICTURES[name]()
        figure.tight_layout(pad=0.4)
        target = FOLDER / f"side_{name}{'.jpg' if name in PHOTOGRAPHS else '.png'}"
        figure.savefig(target, dpi=100, bbox_inches="tight", pad_inches=0.05, pil_kwargs={"optimize": True})
        print(
            f"{target.name}: {target.stat().st_size} bytes, {time.process_time() - start:.0f} s of a core", flush=True
        )


if __name__ == "__main__":
    main()
