"""Penalties on a discriminator by name, as the models that have one take them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tensorflow as tf

from keras_gen.losses import r1_penalty
from serving.errors import require_among, require_at_least

PENALTIES = {"r1": r1_penalty}


def checked_penalties(penalties: Mapping[str, float] | None) -> dict[str, float]:
    """The weights of penalties by name.

    Raises:
        InputError: an unknown name, or a weight below 0.
    """
    chosen = dict(penalties or {})
    for name, weight in chosen.items():
        require_among(tuple(PENALTIES), penalties=name)
        require_at_least(0, **{f"penalties.{name}": weight})
    return chosen


def penalty(
    penalties: Mapping[str, float], discriminator: Callable[[tf.Tensor], tf.Tensor], images: tf.Tensor
) -> tf.Tensor | float:
    """The weighted sum of penalties, (batch,), or 0 where there are none.

    Args:
        penalties: what `checked_penalties` returned.
        discriminator: pictures to logits, in the mode of training.
        images: pictures of the data, (batch, height, width, channels).
    """
    return sum(weight * PENALTIES[name](discriminator, images) for name, weight in penalties.items())
