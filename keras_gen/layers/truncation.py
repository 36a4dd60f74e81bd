"""The truncation trick: latents from a truncated normal distribution."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from serving.common.errors import require_at_least

ROOT_2 = math.sqrt(2.0)
# Next below 1 in float32.
BELOW_1 = 1.0 - 2.0**-24
# Giles 2012, table 5: coefficients of the highest power first.
CENTRE = (
    2.81022636e-08,
    3.43273939e-07,
    -3.5233877e-06,
    -4.39150654e-06,
    0.00021858087,
    -0.00125372503,
    -0.00417768164,
    0.246640727,
    1.50140941,
)
TAIL = (
    -0.000200214257,
    0.000100950558,
    0.00134934322,
    -0.00367342844,
    0.00573950773,
    -0.0076224613,
    0.00943887047,
    1.00167406,
    2.83297682,
)


@keras.saving.register_keras_serializable(package="keras_gen")
class TruncatedNormal(keras.layers.Layer):
    """Standard normal numbers, in which every number beyond a limit is redrawn.

    The first half of the noise holds the numbers. The second half replaces those beyond the limit, mapped from the
    normal to the truncated normal distribution through their distribution functions.

    Args:
        size: length of a latent.

    Input: noise (batch, 2 * size), standard normal; truncation, a scalar above 0, infinite to keep all numbers.
    Output: (batch, size), within [-truncation, truncation].

    Raises:
        InputError: a size below 1.

    Source: Brock et al. 2019, "Large Scale GAN Training for High Fidelity Natural Image Synthesis", section 3.1.
    """

    def __init__(self, size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        require_at_least(1, size=size)
        self.size = size
        self.built = True

    def call(self, noise: keras.KerasTensor, truncation: keras.KerasTensor) -> keras.KerasTensor:
        drawn, again = noise[:, : self.size], noise[:, self.size :]
        place = ops.erf(again / ROOT_2) * ops.erf(truncation / ROOT_2)
        within = ops.clip(ROOT_2 * inverse_erf(place), -truncation, truncation)
        return ops.where(ops.abs(drawn) <= truncation, drawn, within)

    def compute_output_shape(self, noise_shape: tuple[int | None, ...], *_: Any) -> tuple[int | None, ...]:
        return noise_shape[0], self.size

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}


def inverse_erf(x: keras.KerasTensor) -> keras.KerasTensor:
    """The inverse of the error function by elementary operators, float32, relative error below 4e-7.

    Args:
        x: from -1 to 1; both ends stand for the numbers next to them.

    Source: Giles 2012, "Approximating the erfinv function", table 5.
    """
    x = ops.clip(x, -BELOW_1, BELOW_1)
    w = -ops.log((1.0 - x) * (1.0 + x))
    near, far = w - 2.5, ops.sqrt(ops.maximum(w, 5.0)) - 3.0
    return x * ops.where(w < 5.0, _polynomial(CENTRE, near), _polynomial(TAIL, far))


def _polynomial(coefficients: tuple[float, ...], x: keras.KerasTensor) -> keras.KerasTensor:
    value = ops.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value = coefficient + value * x
    return value
