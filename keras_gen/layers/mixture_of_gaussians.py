"""Draws of a mixture of Gaussians, as arithmetic on standard normal noise, so that it can be exported."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from serving.common.errors import require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class MixtureOfGaussians(keras.layers.Layer):
    """Turns standard normal noise into draws of a mixture of Gaussians with full covariances.

    The last number of the noise chooses the component, the others the place in it; of one component there is nothing
    to choose. What it draws is a weight that is not trained: see `describe`.

    Args:
        size: length of a draw.
        components: Gaussians of the mixture.

    Input: noise (batch, noise_size), standard normal.
    Output: (batch, size).

    Raises:
        InputError: a size or a number of components below 1.
    """

    def __init__(self, size: int, components: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        require_at_least(1, size=size, components=components)
        self.size = size
        self.components = components
        # Up to which number each component but the last is chosen, on the scale of 0 to 1.
        self.limits = self._told("limits", (components - 1,))
        self.means = self._told("means", (components, size))
        # From noise to the deviation from a component's mean: the transpose of the covariance's Cholesky factor.
        self.factors = self._told("factors", (components, size, size))
        self.built = True

    @property
    def noise_size(self) -> int:
        """Standard normal numbers that a draw takes."""
        return self.size + (self.components > 1)

    def describe(self, shares: np.ndarray, means: np.ndarray, covariances: np.ndarray) -> None:
        """Says what is drawn.

        Args:
            shares: how often each component is, (components,), of sum 1.
            means: (components, size).
            covariances: (components, size, size), positive definite.
        """
        self.limits.assign(np.cumsum(shares)[:-1])
        self.means.assign(means)
        self.factors.assign(np.linalg.cholesky(covariances).transpose(0, 2, 1))

    def call(self, noise: keras.KerasTensor) -> keras.KerasTensor:
        factors = ops.reshape(ops.transpose(self.factors, (1, 0, 2)), (self.size, -1))
        every = ops.reshape(ops.matmul(noise[:, : self.size], factors), (-1, self.components, self.size))
        every = every + self.means[None]
        if self.components == 1:
            return every[:, 0]
        place = 0.5 * (1.0 + ops.erf(noise[:, self.size :] / math.sqrt(2.0)))
        above = ops.cast(place >= self.limits[None], "float32")
        ones = ops.ones_like(place)
        # 1 for the component whose lower limit the place is above and whose upper limit it is not.
        chosen = ops.concatenate([ones, above], axis=-1) - ops.concatenate([above, 0.0 * ones], axis=-1)
        return ops.sum(every * chosen[:, :, None], axis=1)

    def compute_output_shape(self, noise_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return noise_shape[0], self.size

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size, "components": self.components}

    def _told(self, name: str, shape: tuple[int, ...]) -> keras.Variable:
        return self.add_weight(name=name, shape=shape, initializer="zeros", trainable=False)
