"""The reparameterized sample of a diagonal Gaussian."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gen")
class GaussianSampling(keras.layers.Layer):
    """`mean + exp(log_variance / 2) * noise`, differentiable in mean and log-variance.

    The noise is an input, so that the layer is deterministic and exports as plain arithmetic, in float32 whatever
    networks compute in.

    Input: mean, log-variance and noise, each (batch, size); the noise standard normal.
    Output: (batch, size).

    Source: Kingma & Welling 2013, "Auto-Encoding Variational Bayes", section 2.4.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})

    def call(
        self, mean: keras.KerasTensor, log_variance: keras.KerasTensor, noise: keras.KerasTensor
    ) -> keras.KerasTensor:
        return mean + ops.exp(0.5 * log_variance) * noise
