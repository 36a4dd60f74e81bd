"""A dense layer that leaves connections out, so that numbers depend on earlier ones alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gen")
class MaskedDense(keras.layers.Layer):
    """A dense layer whose outputs each see the inputs up to a place in an order.

    Args:
        seen: the place of each input, from 0 on.
        places: of each output: it sees the inputs whose place is at most its own.
        before: whether an output sees those before its own place alone.
        start: the first kernel: an initializer.
        bias: the first value of each output's bias; zeros by default.

    Input: (..., len(seen)).
    Output: (..., len(places)).

    Source: Germain et al. 2015, "MADE: Masked Autoencoder for Distribution Estimation", equations 8 and 9.
    """

    def __init__(
        self,
        seen: Sequence[int],
        places: Sequence[int],
        before: bool = False,
        start: Any = "glorot_uniform",
        bias: Sequence[float] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.seen = list(seen)
        self.places = list(places)
        self.before = before
        self.start = keras.initializers.get(start)
        self.first_bias = None if bias is None else [float(value) for value in bias]
        last = np.array(self.places) - int(before)
        self.mask = (np.array(self.seen)[:, None] <= last).astype(np.float32)
        self.kernel = self.add_weight(name="kernel", shape=self.mask.shape, initializer=self.start)
        self.bias = self.add_weight(name="bias", shape=(len(self.places),), initializer="zeros")
        if self.first_bias is not None:
            self.bias.assign(self.first_bias)
        self.built = True

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        kernel = ops.convert_to_tensor(self.kernel)
        return ops.matmul(inputs, kernel * ops.cast(self.mask, kernel.dtype)) + self.bias

    def compute_output_shape(self, inputs_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*inputs_shape[:-1], len(self.places))

    def get_config(self) -> dict[str, Any]:
        own = {"seen": self.seen, "places": self.places, "before": self.before, "bias": self.first_bias}
        return {**super().get_config(), **own, "start": keras.initializers.serialize(self.start)}
