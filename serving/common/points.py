"""Points of the plane: pictures of one pixel whose two channels are the coordinates.

Networks, losses and data see them as such pictures, (n, 1, 1, 2) in [-1, 1]. A bundle gives them as what they are,
(n, 2) in the numbers of the data.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from serving.common.images import grid, to_uint8

SHAPE = (1, 1, 2)
# What is shown around the numbers -1 to 1 of the data, as a share of them on each side.
MARGIN = 0.125
SIDE, DOT = 384, 1.6
DOTS = (31, 119, 180)
AXES = (222, 222, 222)


def is_point(shape: Sequence[int | None]) -> bool:
    """Whether pictures of a shape (height, width, channels) are points."""
    return tuple(shape) == SHAPE


def overview(samples: np.ndarray, columns: int | None = None, limits: tuple[float, float] | None = None) -> np.ndarray:
    """One picture of many samples: a grid of pictures, or a scatter plot of points.

    Args:
        samples: pictures (n, height, width, channels), uint8 or in [-1, 1]; or points (n, 2) or (n, 1, 1, 2).
        columns: as for `grid`.
        limits: lowest and highest coordinate of the data, of points; -1 and 1 by default.

    Returns:
        uint8, (height, width, 1 or 3).
    """
    if samples.ndim == 2 or is_point(samples.shape[1:]):
        return scatter(samples.reshape(-1, 2), limits or (-1.0, 1.0))
    return grid(to_uint8(samples), columns)


def scatter(points: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Points (n, 2) as dots, the first coordinate to the right and the second upwards; those that are not finite or
    outside are left out. uint8 (384, 384, 3)."""
    low, high = limits
    margin = MARGIN * (high - low)
    scale = SIDE / (high - low + 2 * margin)
    canvas = Image.new("RGB", (SIDE, SIDE), "white")
    draw = ImageDraw.Draw(canvas)
    for border in (margin * scale, SIDE - margin * scale):
        draw.line((border, 0, border, SIDE), fill=AXES)
        draw.line((0, border, SIDE, border), fill=AXES)
    finite = points[np.isfinite(points).all(axis=1)].astype(np.float64)
    # Far away ones would be numbers that Pillow cannot hold.
    shown = finite[(np.abs(finite - (low + high) / 2) <= high - low + 2 * margin).all(axis=1)]
    for x, y in (shown - low + margin) * scale:
        draw.ellipse((x - DOT, SIDE - y - DOT, x + DOT, SIDE - y + DOT), fill=DOTS)
    return np.asarray(canvas)
