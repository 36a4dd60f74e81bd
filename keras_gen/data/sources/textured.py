"""`textured:SOURCE`: light figures on black of a grey source, half of them dark on white as domain A, the others in
colour on a texture as domain B.

No picture is in both, but the labels of both are known, so that they tell whether a model translates a picture to the
right one.
"""

from __future__ import annotations

import numpy as np

from keras_gen.data.examples import DomainExamples, Examples, Shape
from keras_gen.data.forms import Form, Inner
from keras_gen.data.streams import Stream, streamed
from serving.common.errors import InputError
from serving.common.images import to_uint8

DOMAINS = Form(
    ("textured:SOURCE",),
    "half of a grey source dark on white, the other half in colour on a texture; labels of both are known",
    wraps=True,
)
# Of NumPy's default generator, which draws the colours and textures of a split.
SEEDS = {"train": 2000, "test": 2001, "all": 2002}
KNOTS = 5
GRAIN = 0.15
GROUND, INK = (128.0, 255.0), (0.2, 0.6)
BLOCK = 4096


def read_domains(inner: Inner, split: str, shape: Shape) -> DomainExamples:
    """RGB pictures with the source's labels: of every second picture from the first on, and of the others."""
    if shape.channels not in (None, 3):
        raise InputError(f"textured:{inner.name} must have 3 channels. Received: requested {shape.channels}.")
    source = inner.read(split, shape._replace(channels=None))
    pictures = source.examples
    if pictures.images.shape[3] != 1 or len(pictures.images) < 2:
        raise InputError(
            f"textured:{inner.name} must be made of two grey pictures or more. "
            f"Received: {len(pictures.images)} of {pictures.images.shape[3]} channels."
        )
    images = to_uint8(pictures.images)
    random = np.random.default_rng(SEEDS[split])
    on_texture = images[1::2]
    blocks = [textured(on_texture[start : start + BLOCK], random) for start in range(0, len(on_texture), BLOCK)]
    dark = (255 - images[::2]).repeat(3, axis=3)
    labels = [None if pictures.labels is None else pictures.labels[first::2] for first in (0, 1)]
    light = np.concatenate(blocks)
    a, b = (Examples(part, of, source.classes) for part, of in zip((dark, light), labels, strict=True))
    return DomainExamples(a, b, paired=False)


def stream_domains(inner: Inner, split: str, shape: Shape) -> tuple[Stream, Stream]:
    """The pictures of `read_domains`, which are all in memory: colours and textures are drawn for many at once."""
    name, both = f"textured:{inner.name}", read_domains(inner, split, shape)
    return streamed(name, both.a), streamed(name, both.b)


def textured(figures: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Figures in a dark colour on a smooth and grainy mixture of two light ones, each of its own colours.

    Args:
        figures: uint8 (n, height, width, 1), light on black.
        random: where colours and textures come from.

    Returns:
        uint8 (n, height, width, 3).
    """
    n, height, width, _ = figures.shape
    knots = random.uniform(0, 1, (n, KNOTS, KNOTS))
    from scipy import ndimage  # not there where keras-gen was installed for serving alone

    smooth = ndimage.zoom(knots, (1, height / KNOTS, width / KNOTS), order=1, grid_mode=True, mode="nearest")
    mixture = np.clip(smooth + random.normal(0, GRAIN, (n, height, width)), 0, 1)[..., None]
    first, second = random.uniform(*GROUND, (2, n, 1, 1, 3))
    ground = mixture * first + (1 - mixture) * second
    opacity = figures / 255.0
    ink = 255 * _hues(random.uniform(0, 1, (n, 1))) * random.uniform(*INK, (n, 1))
    return np.rint(opacity * ink[:, None, None] + (1 - opacity) * ground).astype(np.uint8)


def _hues(places: np.ndarray) -> np.ndarray:
    """Pure colours, (n, 3) in [0, 1], of places on the colour circle, (n, 1) in [0, 1]."""
    sixths = 6 * places + np.array([0.0, 4.0, 2.0])
    return np.clip(np.abs(sixths % 6 - 3) - 1, 0, 1)
