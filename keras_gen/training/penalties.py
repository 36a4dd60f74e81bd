"""Penalties on a discriminator by name, as the models that have one take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import tensorflow as tf

from keras_gen.layers.replica import sum_over_replicas
from keras_gen.layers.training_noise import TrainingNoise
from keras_gen.losses import dragan_penalty, gradient_penalty, r1_penalty, r2_penalty
from keras_gen.losses.penalties import Discriminator, Sample
from serving.common.errors import InputError, require_among, require_at_least

NAMES = ("r1", "r2", "gp", "dragan")
DRAGAN_SPREAD = 0.5

Penalties: TypeAlias = dict[str, float] | str | None


def checked_penalties(penalties: Mapping[str, float] | str | None) -> dict[str, float]:
    """The weights of penalties by name, of a mapping or of text as in `r1:10,r2:5`.

    Raises:
        InputError: text of another form, an unknown name, or a weight below 0.
    """
    chosen = _parsed(penalties) if isinstance(penalties, str) else dict(penalties or {})
    for name, weight in chosen.items():
        require_among(NAMES, penalties=name)
        require_at_least(0, **{f"penalties.{name}": weight})
    return chosen


def penalty(
    penalties: Mapping[str, float],
    discriminator: Discriminator,
    real: Sample,
    fake: Sample,
    noise: TrainingNoise,
    purpose: str = "penalty",
) -> tf.Tensor | float:
    """The weighted sum of penalties, (batch,), or 0 where there are none.

    Args:
        penalties: what `checked_penalties` returned.
        discriminator: samples to logits, in the mode of training.
        real: of the data, (batch, ...) each.
        fake: generated, of the same shapes.
        noise: of the model.
        purpose: names the use within the step.
    """
    total: tf.Tensor | float = 0.0
    rows = tf.shape(tf.nest.flatten(real)[0])[0]
    for name, weight in penalties.items():
        if name == "r1":
            value = r1_penalty(discriminator, real)
        elif name == "r2":
            value = r2_penalty(discriminator, fake)
        elif name == "gp":
            place = noise.training_rows(rows, 1, f"{purpose}/gp", uniform=True)
            value = gradient_penalty(discriminator, real, fake, place)
        else:
            value = dragan_penalty(discriminator, real, _around(real, noise, f"{purpose}/dragan"))
        total += weight * value
    return total


def _around(sample: Sample, noise: TrainingNoise, purpose: str) -> Sample:
    """Half the standard deviation over the global batch, times uniform numbers, for each tensor of the sample."""

    def perturbation(index: int, part: tf.Tensor) -> tf.Tensor:
        size = part.shape[1:].num_elements()
        uniform = noise.training_rows(tf.shape(part)[0], size, f"{purpose}/{index}", uniform=True)
        return DRAGAN_SPREAD * _global_deviation(part) * tf.reshape(tf.cast(uniform, part.dtype), tf.shape(part))

    parts = [perturbation(index, part) for index, part in enumerate(tf.nest.flatten(sample))]
    return tf.nest.pack_sequence_as(sample, parts)


def _global_deviation(values: tf.Tensor) -> tf.Tensor:
    """The standard deviation of all values on all replicas."""
    values = tf.cast(values, tf.float32)
    count = sum_over_replicas(tf.cast(tf.size(values), tf.float32))
    mean = sum_over_replicas(tf.reduce_sum(values)) / count
    return tf.sqrt(sum_over_replicas(tf.reduce_sum(tf.square(values - mean))) / count)


def _parsed(text: str) -> dict[str, float]:
    """`r1:10,gp:1` as a dictionary."""
    chosen = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, weight = part.partition(":")
        try:
            chosen[name.strip()] = float(weight)
        except ValueError:
            raise InputError(f"`penalties` must be like r1:10 or r1:10,r2:10. Received: {text!r}.") from None
    return chosen
