"""`measured:KIND,AMOUNT:SOURCE`: pictures of another source, each corrupted once, as if nobody had seen a whole one.

How a picture is corrupted depends on its place in the split alone: it is the same in every epoch and every run, so that
a training learns no more of it than was measured.

Source: Bora et al. 2018, "AmbientGAN: Generative Models from Lossy Measurements", section 4.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from keras_gen.data.examples import Examples, Shape, check_memory, joined, splits_of
from keras_gen.data.forms import Form, Inner
from serving.common.errors import InputError, nearest
from serving.common.images import to_float, to_uint8

SOURCE = Form(
    ("measured:KIND,AMOUNT:SOURCE",),
    "another source, each picture corrupted once: `blocked,0.5` blackens half of the pixels",
    wraps=True,
    chosen=True,
)
# Of NumPy's default generator, which draws the noise of a split, of its pictures one after the other.
SEEDS = {"train": 4000, "test": 4001}
BLOCK = 1024
BLACK, WHITE = np.float32(-1), np.float32(1)
# Of pictures in [-1, 1], noise of the same shape, and the amount.
Measure = Callable[[np.ndarray, np.ndarray, float], np.ndarray]


def read(inner: Inner, split: str, shape: Shape) -> Examples:
    """The pictures and labels of a split in their order, of the source's own type, clipped to black and white.

    Raises:
        InputError: no such kind, or an amount out of its range.
    """
    name = f"measured:{inner.chosen}:{inner.name}"
    kind, amount = _parsed(name, inner.chosen)
    parts = [(part, inner.read(part, shape).examples) for part in splits_of(split)]
    return joined(name, [_measured(name, examples, kind, amount, part) for part, examples in parts])


def measure(images: np.ndarray, noise: np.ndarray, kind: str, amount: float) -> np.ndarray:
    """What `keras_gen.layers.PixelCorruption` computes.

    Args:
        images: float32 (n, height, width, channels) in [-1, 1].
        noise: of the same shape: standard normal for `gaussian`, else uniform on [0, 1).
        kind: one of `MEASURES`.
        amount: standard deviation of the noise, or share of the picture that is hit.
    """
    return MEASURES[kind](images, noise, amount)


def _measured(name: str, examples: Examples, kind: str, amount: float, split: str) -> Examples:
    check_memory(name, len(examples.images), examples.images.shape[1:])
    random, made = np.random.default_rng(SEEDS[split]), np.empty_like(examples.images)
    for start in range(0, len(made), BLOCK):
        images = to_float(np.asarray(examples.images[start : start + BLOCK]))
        draw = random.standard_normal if kind == "gaussian" else random.random
        seen = np.clip(measure(images, draw(images.shape, np.float32), kind, amount), BLACK, WHITE)
        made[start : start + BLOCK] = to_uint8(seen) if made.dtype == np.uint8 else seen
    return Examples(made, examples.labels, examples.classes)


def _parsed(name: str, chosen: str) -> tuple[str, float]:
    kind, _, text = chosen.partition(",")
    if kind not in MEASURES:
        kinds = list(MEASURES)
        raise InputError(f"{name} must name one of {', '.join(kinds)}. Received: {kind!r}.{nearest(kind, kinds)}")
    try:
        amount = float(text)
    except ValueError:
        amount = math.nan
    most = math.inf if kind == "gaussian" else 1.0
    if not 0 <= amount <= most:
        bounds = "at least 0" if kind == "gaussian" else "from 0 to 1"
        raise InputError(f"{name} must have an amount {bounds}, as in measured:{kind},0.5:SOURCE. Received: {text!r}.")
    return kind, amount


def _salt_and_pepper(images: np.ndarray, noise: np.ndarray, share: float) -> np.ndarray:
    return np.where(noise < share, np.where(noise < share / 2, BLACK, WHITE), images)


def _rectangle(noise: np.ndarray, share: float) -> np.ndarray:
    """Where a rectangle of this share of a picture is, whose place the first and the last number of the noise draw."""
    draws = noise.reshape(len(noise), -1)
    inside = []
    for side, draw in ((noise.shape[1], draws[:, :1]), (noise.shape[2], draws[:, -1:])):
        length = round(side * math.sqrt(share))
        first = np.minimum(np.floor(draw * np.float32(side - length + 1)), side - length)
        inside.append((np.arange(side) >= first) & (np.arange(side) < first + length))
    return inside[0][:, :, None, None] & inside[1][:, None, :, None]


MEASURES: dict[str, Measure] = {
    "gaussian": lambda images, noise, deviation: images + np.float32(deviation) * noise,
    "masking": lambda images, noise, share: np.where(noise < share, BLACK, images),
    "salt_and_pepper": _salt_and_pepper,
    "blocked": lambda images, noise, share: np.where(noise[..., :1] < share, BLACK, images),
    "blocked_patch": lambda images, noise, share: np.where(_rectangle(noise, share), BLACK, images),
    "kept_patch": lambda images, noise, share: np.where(_rectangle(noise, 1 - share), images, BLACK),
}
