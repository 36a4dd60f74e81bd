"""`sprites`: one flat shape in each picture, whose shape, size, angle and place are known: to see which of them a code
keeps apart.

The shapes have no rotation symmetry, so that an angle is one of the picture. After the idea of dSprites, Matthey et al.
2017, with shapes of our own.
"""

from __future__ import annotations

import itertools

import numpy as np

from keras_gen.data.arrays import from_arrays
from keras_gen.data.examples import Examples, Shape
from keras_gen.data.forms import Form

SOURCE = Form(
    ("sprites",), "6,144 drawings, 32x32 pixels, of three shapes in four sizes, eight angles and 64 places, all known"
)
SIDE = 32
FINER = 4
SHAPES = ("wedge", "half", "ell")
SIZES = (4.0, 5.0, 6.0, 7.0)
ANGLES = tuple(range(0, 360, 45))
PLACES = tuple(range(9, 25, 2))
# Share of the drawings that is for testing; of NumPy's default generator.
TESTED, SEED = 0.1, 0
CLASSES = tuple(
    f"shape={shape} size={size:g} angle={angle} x={x} y={y}"
    for shape, size, angle, x, y in itertools.product(SHAPES, SIZES, ANGLES, PLACES, PLACES)
)


def read(location: str, split: str, shape: Shape) -> Examples:
    """9 of 10 drawings for training and the others for testing, in a mixed order that is always the same. Each drawing
    is a class of its own, whose name has its factors."""
    order = np.random.default_rng(SEED).permutation(len(CLASSES))
    tested = int(len(order) * TESTED)
    rows = {"train": order[tested:], "test": order[:tested], "all": order}[split]
    return from_arrays("sprites", _drawings()[rows], rows.astype(np.int64), shape, CLASSES)


def _drawings() -> np.ndarray:
    """All of them in the order of the classes, uint8, (n, 32, 32)."""
    drawn = []
    for name, size, angle in itertools.product(SHAPES, SIZES, ANGLES):
        at_centre = np.pad(_at_centre(name, size, angle), SIDE // 2)
        for x, y in itertools.product(PLACES, PLACES):
            top, left = SIDE - y, SIDE - x
            drawn.append(at_centre[top : top + SIDE, left : left + SIDE])
    return np.stack(drawn)


def _at_centre(name: str, size: float, angle: int) -> np.ndarray:
    """A shape with its middle at the corner of the four middle pixels, (32, 32), white on black without jags."""
    line = (np.arange(SIDE * FINER) + 0.5) / FINER - SIDE / 2
    across, down = np.meshgrid(line / size, line / size)
    turn = np.deg2rad(angle)
    u, v = np.cos(turn) * across + np.sin(turn) * down, np.cos(turn) * down - np.sin(turn) * across
    inside = {
        "wedge": (u > -0.8) & (np.abs(v) < 0.35 * (1.0 - u)),
        "half": (np.hypot(u + 0.4, v) < 1.0) & (u > -0.4),
        "ell": ((np.abs(u) < 0.9) & (np.abs(v - 0.55) < 0.35)) | ((np.abs(u + 0.55) < 0.35) & (np.abs(v) < 0.9)),
    }[name]
    share = inside.reshape(SIDE, FINER, SIDE, FINER).mean(axis=(1, 3))
    return np.rint(255.0 * share).astype(np.uint8)
