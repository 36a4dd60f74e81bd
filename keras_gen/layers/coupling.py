"""A step of a normalizing flow: an affine coupling of two halves."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from serving.common.errors import require_at_least

# The logarithm of the most that a step stretches or shrinks a number.
STEEPEST = 2.0


@keras.saving.register_keras_serializable(package="keras_gen")
class AffineCoupling(keras.layers.Layer):
    """Scales and shifts one half of its input by what a network makes of the other half, which stays as it is.

    It is the identity before it is trained, and can be undone exactly: see `undone`.

    Args:
        size: length of the input, at least 2.
        units: width of the network's two hidden layers.
        second: whether the second half is changed; the first otherwise.
        seed: of the network's first weights.

    Input: (batch, size).
    Output: (batch, size).

    Raises:
        InputError: a size below 2, or a width below 1.

    Source: Dinh et al. 2017, "Density estimation using Real NVP", equations 4 to 8.
    """

    def __init__(self, size: int, units: int, second: bool, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        require_at_least(2, size=size)
        require_at_least(1, units=units)
        self.size = size
        self.units = units
        self.second = second
        self.seed = seed
        self.half = size // 2
        changed = size - self.half if second else self.half
        starts = [keras.initializers.GlorotUniform(seed=2 * seed + index) for index in range(2)]
        hidden = [keras.layers.Dense(units, activation="relu", kernel_initializer=start) for start in starts]
        last = keras.layers.Dense(2 * changed, kernel_initializer="zeros")
        self.network = keras.Sequential([keras.Input((size - changed,)), *hidden, last])
        self.built = True

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        kept, changed = self._halves(inputs)
        log_scale, shift = self._told(kept)
        return self._whole(kept, changed * ops.exp(log_scale) + shift)

    def undone(self, outputs: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """The input of an output, (batch, size), and the logarithm of how much undoing stretches there, (batch,)."""
        kept, changed = self._halves(outputs)
        log_scale, shift = self._told(kept)
        return self._whole(kept, (changed - shift) * ops.exp(-log_scale)), -ops.sum(log_scale, axis=-1)

    def compute_output_shape(self, inputs_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return inputs_shape

    def get_config(self) -> dict[str, Any]:
        own = {"size": self.size, "units": self.units, "second": self.second, "seed": self.seed}
        return {**super().get_config(), **own}

    def _halves(self, values: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """What is kept, and what is changed."""
        first, second = values[:, : self.half], values[:, self.half :]
        return (first, second) if self.second else (second, first)

    def _whole(self, kept: keras.KerasTensor, changed: keras.KerasTensor) -> keras.KerasTensor:
        return ops.concatenate([kept, changed] if self.second else [changed, kept], axis=-1)

    def _told(self, kept: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """The logarithm of the scale, and the shift, of what is changed."""
        log_scale, shift = ops.split(self.network(kept), 2, axis=-1)
        return STEEPEST * ops.tanh(log_scale / STEEPEST), shift
