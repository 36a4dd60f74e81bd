"""Noise that keeps a network from relying on single channels."""

from __future__ import annotations

import random
from typing import Any

import keras
import tensorflow as tf

from keras_gen.training.noise import TrainingNoise
from serving.errors import InputError


@keras.saving.register_keras_serializable(package="keras_gen")
class ChannelDropout(keras.layers.Layer):
    """In training, sets whole channels of an example to 0 and scales the others up, so that the mean stays.

    Unlike Keras's, it repeats: masks depend on the seed, the calls so far and the example's place in the global batch,
    however many replicas share it, and a saved model goes on where it stopped.

    Input and output: (batch, height, width, channels).

    Args:
        rate: share of channels that is dropped, from 0 to below 1.
        seed: any integer; drawn from Python's generator, which `keras.utils.set_random_seed` seeds, where left out.

    Raises:
        InputError: a rate out of range.

    Source: Tompson et al. 2015, "Efficient Object Localization Using Convolutional Networks", section 3.2.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise InputError(f"`rate` must be from 0 to below 1. Received: {rate}.")
        self.rate = rate
        self.seed = random.randrange(2**31) if seed is None else seed
        self.noise = TrainingNoise(self.seed)

    def call(self, values: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training or self.rate == 0:
            return values
        shape = tf.shape(values)
        draws = self.noise.training_rows(shape[0], values.shape[-1], "channels", uniform=True)
        self.noise.advance()
        kept = tf.cast(draws >= self.rate, values.dtype) / tf.cast(1 - self.rate, values.dtype)
        return values * kept[:, tf.newaxis, tf.newaxis]

    def compute_output_shape(self, values_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return values_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
