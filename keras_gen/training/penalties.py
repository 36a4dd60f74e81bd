"""Penalties on a discriminator by name, as the models that have one take them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Annotated, Any, TypeAlias

import tensorflow as tf

from keras_gen.layers.replica import replica_rows, rows_known, sum_over_replicas
from keras_gen.layers.training_noise import TrainingNoise
from keras_gen.losses import dragan_penalty, gradient_penalty, r1_penalty, r2_penalty
from keras_gen.losses.penalties import Discriminator, Sample
from keras_gen.registry import Registry
from serving.common.errors import InputError, require_at_least

DRAGAN_SPREAD = 0.5

# Of a number of values for each example, and a name for the use where there are several: uniform numbers on [0, 1),
# (batch, values).
Draw: TypeAlias = Callable[..., tf.Tensor]
# Of the discriminator, from samples to logits; of real and generated samples as it is shown them; and of a `Draw`:
# values (batch,), differentiable in the discriminator's weights.
Penalty: TypeAlias = Callable[[Discriminator, Sample, Sample, Draw], tf.Tensor]


def _r1(discriminator: Discriminator, real: Sample, fake: Sample, draw: Draw) -> tf.Tensor:
    """`r1_penalty`: the squared gradient at real pictures."""
    return r1_penalty(discriminator, real)


def _r2(discriminator: Discriminator, real: Sample, fake: Sample, draw: Draw) -> tf.Tensor:
    """`r2_penalty`: the squared gradient at generated pictures."""
    return r2_penalty(discriminator, fake)


def _gp(discriminator: Discriminator, real: Sample, fake: Sample, draw: Draw) -> tf.Tensor:
    """`gradient_penalty`, of WGAN-GP: the gradient's distance from 1 between real and generated pictures."""
    return gradient_penalty(discriminator, real, fake, draw(1))


def _dragan(discriminator: Discriminator, real: Sample, fake: Sample, draw: Draw) -> tf.Tensor:
    """`dragan_penalty`: the gradient's distance from 1 around real pictures."""
    return dragan_penalty(discriminator, real, _around(real, draw))


def _penalized(value: Any) -> Iterable[str]:
    return parsed_penalties(value) if isinstance(value, str) else value or ()


PENALTIES: Registry[Penalty] = Registry(
    "penalties", {"r1": _r1, "r2": _r2, "gp": _gp, "dragan": _dragan}, kind=Callable, names=_penalized
)
Penalties: TypeAlias = Annotated[dict[str, float] | str | None, PENALTIES]


def checked_penalties(penalties: Mapping[str, float] | str | None, every: int = 1) -> dict[str, float]:
    """The weights of penalties by name, of a mapping or of text as in `r1:10,r2:5`.

    Args:
        penalties: as above.
        every: steps from one in which they are computed to the next.

    Raises:
        InputError: text of another form, an unknown name, a weight below 0, or `dragan` in some steps only: it measures
            the deviation of the pictures on all replicas.
    """
    require_at_least(1, penalty_every=every)
    chosen = parsed_penalties(penalties) if isinstance(penalties, str) else dict(penalties or {})
    for name, weight in chosen.items():
        PENALTIES.find(name)
        require_at_least(0, **{f"penalties.{name}": weight})
    if every > 1 and "dragan" in chosen:
        raise InputError(f"`penalty_every` must be 1 with the penalty 'dragan'. Received: {every}.")
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
        draw = partial(_uniform, noise, rows, f"{purpose}/{name}")
        total += weight * PENALTIES.find(name)(discriminator, real, fake, draw)
    return total


def lazy_penalty(
    every: int,
    penalties: Mapping[str, float],
    discriminator: Discriminator,
    real: Sample,
    fake: Sample,
    noise: TrainingNoise,
    purpose: str,
) -> tf.Tensor | float:
    """As `penalty`, in every step whose number is a multiple of `every`, and then `every` times as heavy; 0 otherwise.

    Source: Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", section 3.1.
    """
    if every == 1 or not penalties:
        return penalty(penalties, discriminator, real, fake, noise, purpose)
    rows = tf.shape(tf.nest.flatten(real)[0])[0]
    place = replica_rows(rows)

    def due() -> tf.Tensor:
        with rows_known(place):
            return float(every) * penalty(penalties, discriminator, real, fake, noise, purpose)

    step = tf.convert_to_tensor(noise.step)
    return tf.cond(tf.equal(tf.math.floormod(step, every), 0), due, lambda: tf.zeros([rows]))


def _uniform(noise: TrainingNoise, rows: tf.Tensor, purpose: str, size: int, use: str = "") -> tf.Tensor:
    return noise.training_rows(rows, size, f"{purpose}/{use}" if use else purpose, uniform=True)


def _around(sample: Sample, draw: Draw) -> Sample:
    """Half the standard deviation over the global batch, times uniform numbers, for each tensor of the sample."""

    def perturbation(index: int, part: tf.Tensor) -> tf.Tensor:
        uniform = draw(part.shape[1:].num_elements(), str(index))
        return DRAGAN_SPREAD * _global_deviation(part) * tf.reshape(tf.cast(uniform, part.dtype), tf.shape(part))

    parts = [perturbation(index, part) for index, part in enumerate(tf.nest.flatten(sample))]
    return tf.nest.pack_sequence_as(sample, parts)


def _global_deviation(values: tf.Tensor) -> tf.Tensor:
    """The standard deviation of all values on all replicas."""
    values = tf.cast(values, tf.float32)
    count = sum_over_replicas(tf.cast(tf.size(values), tf.float32))
    mean = sum_over_replicas(tf.reduce_sum(values)) / count
    return tf.sqrt(sum_over_replicas(tf.reduce_sum(tf.square(values - mean))) / count)


def parsed_penalties(text: str, argument: str = "penalties", example: str = "r1:10 or r1:10,r2:10") -> dict[str, float]:
    """`r1:10,gp:1` as a dictionary.

    Raises:
        InputError: text of another form.
    """
    chosen = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        try:
            name, weight = part.rsplit(":", 1)
            chosen[name.strip()] = float(weight)
        except ValueError:
            raise InputError(f"`{argument}` must be like {example}. Received: {text!r}.") from None
    return chosen
