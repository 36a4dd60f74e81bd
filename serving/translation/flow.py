"""How every place of a picture moved since the one before it."""

from __future__ import annotations

import numpy as np

from serving.translation.motion import Shift, reduced

# Side to which pictures are reduced before their motion is looked for, and the smallest of its scales.
MOST, LEAST = 160, 16
SCALES, STEPS, RADIUS = 4, 2, 3
# Grey levels squared: what gradients must have before a place of no detail follows noise.
DAMPING = 4.0
# Of Keys' kernel one pixel away. His choice of -0.5 loses more fine detail with every frame.
SLOPE = -0.75


def flow_between(before: np.ndarray, after: np.ndarray, start: Shift) -> np.ndarray:
    """How many pixels down and to the right what is seen at each place of a picture came from where it was before.

    Least squares along the gradients in a window around each place, from coarse to fine.

    Args:
        before: grey levels, float32 (height, width).
        after: the same of the next picture.
        start: the motion of the whole.

    Returns:
        float32 (height, width, 2).

    Source: Lucas and Kanade 1981; Bouguet 2001, "Pyramidal Implementation of the Lucas Kanade Feature Tracker".
    """
    factor = -(-max(before.shape) // MOST)
    factors = [factor * 2**scale for scale in range(SCALES)]
    usable = [each for each in factors if min(before.shape) // each >= LEAST] or [factor]
    flow = np.array([[start]], np.float32)
    for each in reversed(usable):
        one, other = reduced(before, each), reduced(after, each)
        here = enlarged(flow, one.shape) / each
        for _ in range(STEPS):
            here = here + _step(sampled(one, here), other)
        flow = here * each
    return enlarged(flow, before.shape)


def sampled(picture: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """A picture moved by a flow, by a cubic kernel first along the columns and then along the rows; its border is
    repeated where nothing moved in.

    Args:
        picture: float32 (height, width) or (height, width, channels).
        flow: float32 (height, width, 2).

    Source: Catmull and Smith 1980, "3-D transformations of images in scanline order"; Keys 1981, "Cubic Convolution
    Interpolation for Digital Image Processing", equation 8.
    """
    for axis in (0, 1):
        picture = _sampled_along(picture, flow[..., axis], axis)
    return picture


def came_from_inside(flow: np.ndarray) -> np.ndarray:
    """Where what is seen was in the picture before, bool (height, width)."""
    height, width = flow.shape[:2]
    rows, columns = np.arange(height)[:, None] - flow[..., 0], np.arange(width) - flow[..., 1]
    return (rows >= 0) & (rows <= height - 1) & (columns >= 0) & (columns <= width - 1)


def around(values: np.ndarray, radius: int = RADIUS) -> np.ndarray:
    """The mean of the square of 2 radius + 1 pixels around each place, (height, width)."""
    for axis in (0, 1):
        edges = [(radius + 1, radius) if axis == each else (0, 0) for each in (0, 1)]
        total = np.cumsum(np.pad(values, edges, mode="edge"), axis=axis, dtype=np.float64)
        length = total.shape[axis]
        upper = np.take(total, np.arange(2 * radius + 1, length), axis)
        lower = np.take(total, np.arange(length - 2 * radius - 1), axis)
        values = ((upper - lower) / (2 * radius + 1)).astype(np.float32)
    return values


def enlarged(flow: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """A flow at another size, linear between its places; its numbers stay."""
    for axis, side in enumerate(size):
        length = flow.shape[axis]
        places = np.clip((np.arange(side) + 0.5) * length / side - 0.5, 0, length - 1)
        lower = np.minimum(places.astype(int), max(length - 2, 0))
        part = (places - lower).astype(np.float32).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        upper = np.minimum(lower + 1, length - 1)
        flow = np.take(flow, lower, axis) * (1 - part) + np.take(flow, upper, axis) * part
    return flow


def _step(moved: np.ndarray, after: np.ndarray) -> np.ndarray:
    down, right = np.gradient(moved)
    difference = moved - after
    a, b, c = around(down * down) + DAMPING, around(down * right), around(right * right) + DAMPING
    p, q = around(down * difference), around(right * difference)
    size = a * c - b * b
    return np.clip(np.stack([(c * p - b * q) / size, (a * q - b * p) / size], axis=2), -1, 1)


def _sampled_along(picture: np.ndarray, shift: np.ndarray, axis: int) -> np.ndarray:
    height, width = shift.shape
    rows, columns = np.arange(height)[:, None], np.arange(width)[None, :]
    places = (rows if axis == 0 else columns) - shift
    whole = np.floor(places).astype(np.int32)
    part = (places - whole).astype(np.float32)
    stride, length = (width, height) if axis == 0 else (1, width)
    base = columns if axis == 0 else rows * width
    flat = picture.reshape(height * width, -1)
    result = np.zeros((height, width, flat.shape[1]), np.float32)
    for offset, weight in zip(range(-1, 3), _cubic(part), strict=True):
        index = base + stride * np.clip(whole + offset, 0, length - 1)
        result += weight[..., None] * np.take(flat, index, axis=0)
    return result.reshape(picture.shape)


def _cubic(part: np.ndarray) -> tuple[np.ndarray, ...]:
    """The weights of the four places around one, at -1, 0, 1 and 2 from it."""
    square, cube = part * part, part * part * part
    return (
        SLOPE * (part - 2 * square + cube),
        1 - (SLOPE + 3) * square + (SLOPE + 2) * cube,
        -SLOPE * part + (2 * SLOPE + 3) * square - (SLOPE + 2) * cube,
        SLOPE * (square - cube),
    )
