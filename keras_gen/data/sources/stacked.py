"""`stacked:SOURCE`: three pictures of ten classes as the channels of one, which makes a thousand classes.

How many of the thousand a generator reaches says how much of the data it leaves out.

Source: Metz et al. 2017, "Unrolled Generative Adversarial Networks", section 3.3.1; numbers of pictures: Lin et al.
2018, "PacGAN", section 4.2.
"""

from __future__ import annotations

import numpy as np

from keras_gen.data.examples import Examples, Shape, check_memory, joined, splits_of
from keras_gen.data.forms import Form, Inner
from serving.common.errors import InputError

SOURCE = Form(
    ("stacked:SOURCE",), "three random digits of another source as red, green and blue: 1,000 classes", wraps=True
)
INNER_CLASSES = 10
CHANNELS = 3
COUNTS = {"train": 128_000, "test": 26_000}
# Of NumPy's default generator, which draws (count, 3) places in the inner source.
SEEDS = {"train": 1000, "test": 1001}
CLASSES = tuple(f"{label:03d}" for label in range(INNER_CLASSES**CHANNELS))


def read(inner: Inner, split: str, shape: Shape) -> Examples:
    """128,000 pictures for training, 26,000 for testing, the same every time: red, green and blue are each any picture
    of that split of the inner source, and the label is 100 red + 10 green + blue."""
    if shape.channels not in (None, CHANNELS):
        raise InputError(f"stacked:{inner.name} must have 3 channels. Received: requested {shape.channels}.")
    return joined(f"stacked:{inner.name}", [_stack(inner, part, shape) for part in splits_of(split)])


def _stack(inner: Inner, split: str, shape: Shape) -> Examples:
    source = inner.read(split, shape._replace(channels=None))
    images, labels = source.examples.images, source.examples.labels
    if images.shape[3] != 1 or labels is None or labels.min() < 0 or len(source.classes) != INNER_CLASSES:
        raise InputError(
            f"stacked:{inner.name} must be made of grey pictures of {INNER_CLASSES} classes. "
            f"Received: {images.shape[3]} channels, {len(source.classes)} classes."
        )
    check_memory(f"stacked:{inner.name}", COUNTS[split], (*images.shape[1:3], CHANNELS))
    chosen = np.random.default_rng(SEEDS[split]).integers(len(images), size=(COUNTS[split], CHANNELS))
    stacked = np.stack([images[places, :, :, 0] for places in chosen.T], axis=-1)
    return Examples(stacked, labels[chosen] @ (INNER_CLASSES ** np.arange(CHANNELS)[::-1]), CLASSES)
