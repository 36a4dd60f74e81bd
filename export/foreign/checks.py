"""What does not look right about networks that agree with their originals: figures that say that a range or a pair of
networks was named wrongly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from export.foreign.border import OfOriginal
from export.foreign.bordering import Bordered
from export.foreign.original import EXAMPLE
from export.foreign.pictures import Pictures
from export.subject import Subject
from serving.bundle.names import CODE, DECODER, IMAGE, LABEL, LATENT, MEAN
from serving.common.images import to_uint8
from serving.common.noise import standard_normal

SAMPLES = 32
# Of numbers outside of black and white, and of the way from black to white that pictures use.
MOST_OUTSIDE, LEAST_WIDTH = 0.02, 0.1
# Of the variance of latents that codes of their pictures explain.
LEAST_EXPLAINED = 0.1
EDGE = 1.0 + 2 / 255


def check_pictures(role: str, reference: OfOriginal, subject: Subject, say: Callable[[str], None]) -> None:
    """Says what share of the numbers of a network's pictures is outside of the range that they are read in, or how
    little of it they use.

    Args:
        role: of the network.
        reference: the network.
        subject: what it is of.
        say: is told a line where something does not look right.
    """
    (made_pictures,) = (each for each in reference.border.made if isinstance(each, Pictures))
    span = f"{made_pictures.meaning.low:g}..{made_pictures.meaning.high:g}"
    pictures = reference.outputs(_example(role, reference, subject))[made_pictures.name]
    option = "--range" if role == DECODER else "--output-range"
    outside = float(np.mean(np.abs(pictures) > EDGE))
    width = float(np.ptp(pictures)) / 2
    what = "decoded samples" if role == DECODER else "translations"
    if outside > MOST_OUTSIDE:
        say(
            f"{role}: {100 * outside:.0f} % of the numbers of {what} are outside of {span} and are clipped; "
            f"if that is not so by design, {option} is another."
        )
    elif width < LEAST_WIDTH:
        say(f"{role}: {what} use {100 * width:.2g} % of {span}; {option} may be another.")


def check_reconstruction(decoder: Bordered, encoder: Bordered, say: Callable[[str], None]) -> None:
    """Says how much of latents is found again in the codes of their pictures, where that is little.

    Args:
        decoder: from latents to pictures.
        encoder: from pictures to codes.
        say: is told a line where they do not seem to belong together.
    """
    latents = standard_normal(0, SAMPLES, int(decoder.border.inputs[LATENT].axes[1]))
    feed = {LATENT: latents}
    if LABEL in decoder.border.inputs:
        feed[LABEL] = _labels(decoder.border.inputs[LABEL].range, SAMPLES)
    pictures = to_uint8(decoder.border.read(decoder.original.run(decoder.border.feed(feed)))[IMAGE])
    feed = {name: feed[name] for name in encoder.border.inputs if name in feed} | {IMAGE: pictures}
    made = encoder.border.read(encoder.original.run(encoder.border.feed(feed)))
    codes = made[MEAN if MEAN in made else CODE]
    explained = 1 - float(np.mean((codes - latents) ** 2)) / float(np.mean(latents**2))
    if explained < LEAST_EXPLAINED:
        say(
            f"encoder: codes of decoded samples explain {100 * explained:.0f} % of the variance of their latents; the "
            "encoder and the decoder may be of different models, or one takes another --range."
        )


def _example(role: str, reference: OfOriginal, subject: Subject) -> dict[str, np.ndarray]:
    """Latents of a seed, or pictures with all grey levels."""
    inputs = reference.border.inputs
    feed: dict[str, np.ndarray] = {}
    if LATENT in inputs:
        feed[LATENT] = standard_normal(0, SAMPLES, int(inputs[LATENT].axes[1]))
    if LABEL in inputs:
        feed[LABEL] = _labels(inputs[LABEL].range, SAMPLES)
    if IMAGE in inputs:
        height, width = (side if isinstance(side, int) else EXAMPLE for side in inputs[IMAGE].axes[1:3])
        columns = np.linspace(0, 255, width)[None, :, None] * np.ones((height, 1, subject.image_shape[2]))
        rows = np.linspace(0, 255, height)[:, None, None] * np.ones((1, width, subject.image_shape[2]))
        feed[IMAGE] = np.stack([columns, rows]).astype(np.uint8)[: 2 if inputs[IMAGE].axes[0] == "n" else 1]
    return feed


def _labels(limits: tuple[float, float] | None, count: int) -> np.ndarray:
    assert limits is not None, "labels have the classes as their range"
    return np.arange(count, dtype=np.int64) % int(limits[1] + 1)
