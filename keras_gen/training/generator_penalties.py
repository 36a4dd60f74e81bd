"""Penalties on a generator by name, each with what it remembers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Protocol, TypeAlias

import keras
import tensorflow as tf

from keras_gen.layers.replica import replica_rows, rows_known, weight_for_all
from keras_gen.layers.style_space import style_steps
from keras_gen.layers.training_noise import TrainingNoise
from keras_gen.losses.penalties import path_length_penalty, path_lengths
from keras_gen.registry import Registry
from keras_gen.training.penalties import parsed_penalties
from serving.common.errors import InputError, require_at_least

LENGTH = "path_length"
DECAY = 0.99

Values = dict[str, tf.Tensor]


class GeneratorPenalty(Protocol):
    """A penalty on a generator: a Keras layer, saved with the model, whose weights are what it remembers.

    Attributes:
        noted_names: names of the values (batch,) that `update` needs.
    """

    noted_names: tuple[str, ...]

    def terms(self, generator: keras.Model, latents: tf.Tensor, noise: TrainingNoise) -> tuple[tf.Tensor, Values]:
        """The penalty, (batch,), and what is noted, values (batch,) by name. It changes nothing.

        Args:
            generator: of one input.
            latents: what it was given in this step, the code of a class included.
            noise: of the model.
        """

    def update(self, means: Values, due: tf.Tensor) -> None:
        """Ends a step: the means of what was noted over the global batch, and whether the step had the penalty."""


class PathLength(keras.layers.Layer):
    """Path length regularization: `path_length_penalty` of `path_lengths` of styles, or of the latents of a generator
    without styles, around their running mean over the steps before.

    Source: Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", section 3.2 and appendix B.
    """

    noted_names = (LENGTH,)

    def __init__(self) -> None:
        super().__init__(name="path_length", dtype="float32", autocast=False)
        self.mean = weight_for_all(self, "mean")
        self.built = True

    def terms(self, generator: keras.Model, latents: tf.Tensor, noise: TrainingNoise) -> tuple[tf.Tensor, Values]:
        styles, pictures = style_steps(generator, latents)
        height, width, channels = generator.output_shape[1:]
        normal = noise.training_rows(tf.shape(latents)[0], height * width * channels, LENGTH)
        directions = tf.reshape(normal, (-1, height, width, channels)) / math.sqrt(height * width)
        lengths = path_lengths(pictures, styles, directions)
        return path_length_penalty(lengths, tf.convert_to_tensor(self.mean)), {LENGTH: lengths}

    def update(self, means: Values, due: tf.Tensor) -> None:
        mean = tf.convert_to_tensor(self.mean)
        self.mean.assign(mean + tf.cast(due, tf.float32) * (1.0 - DECAY) * (means[LENGTH] - mean))


def _penalized(value: Any) -> Iterable[str]:
    return _chosen(value) if isinstance(value, str) else value or ()


GENERATOR_PENALTIES: Registry[Callable[[], GeneratorPenalty]] = Registry(
    "generator_penalties", {"path_length": PathLength}, kind=Callable, names=_penalized
)
GeneratorPenalties: TypeAlias = Annotated[dict[str, float] | str | None, GENERATOR_PENALTIES]


class LazyGeneratorPenalties:
    """The penalties on a generator, computed in every step whose number is a multiple of `every`, and then `every`
    times as heavy.

    Args:
        chosen: weights by name, or text as in `path_length:2`.
        every: see above.
        noise: of the model.

    Attributes:
        weights: by name.
        layers: the penalties, which the model must own to save them.

    Raises:
        InputError: text of another form, an unknown name, or a number out of range.

    Source: Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", section 3.1.
    """

    def __init__(self, chosen: GeneratorPenalties, every: int, noise: TrainingNoise) -> None:
        require_at_least(1, generator_penalty_every=every)
        self.weights = _chosen(chosen) if isinstance(chosen, str) else dict(chosen or {})
        for name, weight in self.weights.items():
            require_at_least(0, **{f"generator_penalties.{name}": weight})
        if every > 1 and not self.weights:
            raise InputError(f"`generator_penalty_every` must be 1 without `generator_penalties`. Received: {every}.")
        self.layers = [GENERATOR_PENALTIES.find(name)() for name in self.weights]
        self.every = every
        self.noise = noise

    @property
    def noted_names(self) -> list[str]:
        """Names of the values that `end_step` needs."""
        return [name for layer in self.layers for name in layer.noted_names]

    def added(self, terms: Values, generator: keras.Model, latents: tf.Tensor) -> Values:
        """The terms of the generator's move with the penalties in the loss, and what they note."""
        if not self.layers:
            return terms
        rows = tf.shape(latents)[0]
        place = replica_rows(rows)

        def due() -> tuple[tf.Tensor, Values]:
            with rows_known(place):
                return self._computed(generator, latents)

        def not_due() -> tuple[tf.Tensor, Values]:
            return tf.zeros([rows]), {name: tf.zeros([rows]) for name in self.noted_names}

        penalty, noted = due() if self.every == 1 else tf.cond(self._due(), due, not_due)
        return {**terms, "loss": terms["loss"] + penalty, **noted}

    def end_step(self, means: Mapping[str, tf.Tensor]) -> None:
        """Moves what the penalties remember, by the means of what was noted over the global batch."""
        for layer in self.layers:
            layer.update({name: means[name] for name in layer.noted_names}, self._due())

    def _computed(self, generator: keras.Model, latents: tf.Tensor) -> tuple[tf.Tensor, Values]:
        total, noted = tf.zeros([tf.shape(latents)[0]]), Values()
        for layer, weight in zip(self.layers, self.weights.values(), strict=True):
            penalty, values = layer.terms(generator, latents, self.noise)
            total += float(self.every) * weight * penalty
            noted |= values
        return total, noted

    def _due(self) -> tf.Tensor:
        return tf.equal(tf.math.floormod(tf.convert_to_tensor(self.noise.step), self.every), 0)


def _chosen(text: str) -> dict[str, float]:
    return parsed_penalties(text, "generator_penalties", "path_length:2")
