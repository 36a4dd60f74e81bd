"""`edges:SOURCE`: pictures of any source as domain B, and their outlines as domain A.

What belongs to an outline is known, so that the pairs tell how well a model translates.
"""

from __future__ import annotations

import numpy as np

from keras_gen.data.examples import DomainExamples, Shape
from keras_gen.data.forms import Form, Inner
from keras_gen.data.made_pairs import made_domains, made_stream
from keras_gen.data.streams import Stream

DOMAINS = Form(
    ("edges:SOURCE",),
    "outlines of the pictures of any source, and the pictures: pairs whose right answer is known",
    wraps=True,
)
SMOOTHING = 1.0
# Least slope of an edge, in grey levels from one pixel to the next.
SLOPE = 12.0
# Of the four directions between the eight neighbours, the step towards one of the two in a direction.
STEPS = ((0, 1), (1, 1), (1, 0), (1, -1))


def read_domains(inner: Inner, split: str, shape: Shape) -> DomainExamples:
    """Outlines, black on white, and the pictures that they are of; both have the source's labels and channels."""
    return made_domains(inner, split, shape, outlines)


def stream_domains(inner: Inner, split: str, shape: Shape) -> tuple[Stream]:
    """The pairs of `read_domains`, made as they are asked for."""
    return made_stream(inner, split, shape, outlines, "edges")


def outlines(images: np.ndarray) -> np.ndarray:
    """Where the brightness changes most across an edge: 0 on the edge, 255 elsewhere.

    Args:
        images: uint8 (n, height, width, channels).

    Returns:
        uint8 of the same shape, all channels alike.

    Source: Canny 1986, "A Computational Approach to Edge Detection", with one threshold in place of two.
    """
    from scipy import ndimage  # not there where keras-gen was installed for serving alone

    grey = ndimage.gaussian_filter(images.mean(axis=3), (0, SMOOTHING, SMOOTHING), mode="nearest")
    down, right = _slope(grey, 1), _slope(grey, 2)
    slope = np.hypot(down, right)
    sector = np.rint(np.arctan2(down, right) / (np.pi / 4)).astype(int) % len(STEPS)
    edge = slope >= SLOPE
    for number, (row, column) in enumerate(STEPS):
        ahead, behind = (_shifted(slope, sign * row, sign * column) for sign in (1, -1))
        # One side may be as steep, or an edge between two pixels would be none.
        edge &= (sector != number) | ((slope > ahead) & (slope >= behind))
    return np.where(edge, np.uint8(0), np.uint8(255))[..., None].repeat(images.shape[3], axis=3)


def _slope(grey: np.ndarray, axis: int) -> np.ndarray:
    """Sobel's, in grey levels a pixel. SciPy's own would blur along all other axes, from picture to picture too."""
    from scipy import ndimage

    across = ndimage.correlate1d(grey, (0.25, 0.5, 0.25), 3 - axis, mode="nearest")
    return ndimage.correlate1d(across, (-0.5, 0, 0.5), axis, mode="nearest")


def _shifted(values: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The value so many rows down and columns to the right of each; zero outside."""
    padded = np.pad(values, ((0, 0), (1, 1), (1, 1)))
    height, width = values.shape[1:]
    return padded[:, 1 + rows : 1 + rows + height, 1 + columns : 1 + columns + width]
