"""What the latents of an InfoGAN are drawn from, as arithmetic on standard normal noise."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from serving.common.errors import InputError, require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class InfoPrior(keras.layers.Layer):
    """Turns standard normal noise into latents: continuous codes, uniform on [-1, 1]; a category as a one-hot code, all
    equally likely; and as many standard normal numbers as are left.

    Args:
        size: length of a latent.
        continuous: how many continuous codes.
        categories: how many categories; 0 for none.

    Input: noise (batch, noise_size), standard normal.
    Output: (batch, size).

    Raises:
        InputError: no code, a single category, or a latent that has no number left.

    Source: Chen et al. 2016, "InfoGAN: Interpretable Representation Learning by Information Maximizing Generative
    Adversarial Nets", section 7.2.
    """

    def __init__(self, size: int, continuous: int = 2, categories: int = 10, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        require_at_least(0, continuous=continuous, categories=categories)
        if categories == 1 or continuous + categories == 0:
            raise InputError(
                "there must be a continuous code, or two categories. "
                f"Received: continuous={continuous}, categories={categories}."
            )
        if size <= continuous + categories:
            raise InputError(
                f"`latent_dim` must be above {continuous + categories}, which the codes take. Received: {size}."
            )
        self.size = size
        self.continuous = continuous
        self.categories = categories
        self.built = True

    @property
    def noise_size(self) -> int:
        """Standard normal numbers that a draw takes."""
        return self.size - self.categories + (self.categories > 0)

    def call(self, noise: keras.KerasTensor) -> keras.KerasTensor:
        parts = [2.0 * _uniform(noise[:, : self.continuous]) - 1.0]
        if self.categories:
            place = _uniform(noise[:, self.continuous : self.continuous + 1]) * self.categories
            lower = ops.arange(self.categories, dtype=noise.dtype)[None]
            # The last one has also the end, which half precision and the noise of a seed can reach.
            upper = ops.where(lower < self.categories - 1, lower + 1.0, self.categories + 1.0)
            parts.append(ops.cast(ops.logical_and(place >= lower, place < upper), noise.dtype))
        rest = self.continuous + (self.categories > 0)
        return ops.concatenate([*parts, noise[:, rest:]], axis=-1)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return shape[0], self.size

    def get_config(self) -> dict[str, Any]:
        codes = {"continuous": self.continuous, "categories": self.categories}
        return {**super().get_config(), "size": self.size, **codes}


def _uniform(normal: keras.KerasTensor) -> keras.KerasTensor:
    """A standard normal number through its distribution function: uniform on [0, 1]."""
    return 0.5 * (1.0 + ops.erf(normal / math.sqrt(2.0)))
