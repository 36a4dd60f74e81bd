"""Dropout of values or channels that is the same for any number of replicas and after a resume."""

from __future__ import annotations

import math
import random
from typing import Any

import keras
import tensorflow as tf

from keras_gen.layers.training_noise import TrainingNoise
from serving.common.errors import InputError


@keras.saving.register_keras_serializable(package="keras_gen")
class Dropout(keras.layers.Layer):
    """Sets values to 0 in training and scales the others up, so that the expected sum is unchanged.

    Unlike in Keras's layer, masks are a function of the seed, the number of calls so far and the index of the example
    in the global batch. They are the same for any number of replicas, and after saving and loading the model.

    Input and output: (batch, height, width, channels) or (batch, values), sizes known in training.

    Args:
        rate: share that is dropped, from 0 to below 1.
        channels: drop whole channels.
        seed: any integer; by default drawn from Python's generator, which `keras.utils.set_random_seed` seeds.

    Raises:
        InputError: a rate out of range.

    Source: Srivastava et al. 2014, "Dropout"; of channels, Tompson et al. 2015, "Efficient Object Localization Using
    Convolutional Networks", section 3.2.
    """

    def __init__(self, rate: float, channels: bool = False, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise InputError(f"`rate` must be from 0 to below 1. Received: {rate}.")
        self.rate = rate
        self.channels = channels
        self.seed = random.randrange(2**31) if seed is None else seed
        self.noise = TrainingNoise(self.seed)

    def call(self, values: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training or self.rate == 0:
            return values
        masked = (1, 1, values.shape[-1]) if self.channels else tuple(values.shape[1:])
        draws = self.noise.training_rows(tf.shape(values)[0], math.prod(masked), "dropout", uniform=True)
        self.noise.advance()
        kept = tf.reshape(draws >= self.rate, (-1, *masked))
        return values * (tf.cast(kept, values.dtype) / tf.cast(1 - self.rate, values.dtype))

    def compute_output_shape(self, values_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return values_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "channels": self.channels, "seed": self.seed}
