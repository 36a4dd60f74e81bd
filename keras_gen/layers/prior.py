"""What latents are drawn from, as arithmetic on standard normal noise, so that it can be exported."""

from __future__ import annotations

import math
from typing import Any, Literal, get_args

import keras
from keras import ops

from serving.common.errors import InputError, require_among, require_at_least

# A closed set: bundles name what latents are drawn from, for readers in every language.
Prior = Literal["standard_normal", "mixture", "swiss_roll"]

MIXTURE_DISTANCE = 2.0
MIXTURE_DEVIATIONS = (0.5, 0.1)
ROLL_RADIUS = 3.0
ROLL_TURNS = 2.0
ROLL_DEVIATION = 0.05


@keras.saving.register_keras_serializable(package="keras_gen")
class LatentPrior(keras.layers.Layer):
    """Turns standard normal noise into draws of a prior.

    `mixture` is a flower of Gaussians in the plane, `swiss_roll` a spiral of two turns; longer latents are as
    many independent planes. With labels a class has a petal, or a piece of the roll, of its own.

    Args:
        kind: `standard_normal`, `mixture` or `swiss_roll`.
        size: length of a latent; even for the last two.
        components: Gaussians of the mixture, or pieces of the roll that labels name.

    Input: noise (batch, noise_size), standard normal; labels (batch,), integers from 0 to components - 1, or none.
    Output: (batch, size).

    Raises:
        InputError: an unknown kind, an odd size, fewer than one component.

    Source: Makhzani et al. 2016, "Adversarial Autoencoders", figures 2 and 4.
    """

    def __init__(self, kind: Prior, size: int, components: int = 10, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        require_among(get_args(Prior), prior=kind)
        require_at_least(1, latent_dim=size, components=components)
        if kind != "standard_normal" and size % 2:
            raise InputError(f"`latent_dim` must be even for the prior {kind!r}. Received: {size}.")
        self.kind = kind
        self.size = size
        self.components = components
        self.built = True

    @property
    def noise_size(self) -> int:
        """Standard normal numbers that a draw takes."""
        return self.size * 3 // 2 if self.kind == "mixture" else self.size

    def call(self, noise: keras.KerasTensor, labels: keras.KerasTensor | None = None) -> keras.KerasTensor:
        if self.kind == "standard_normal":
            return noise
        planes = self.size // 2
        noise = ops.reshape(noise, (-1, planes, self.noise_size // planes))
        draw = self._petals if self.kind == "mixture" else self._roll
        return ops.reshape(ops.stack(draw(noise, labels), axis=-1), (-1, self.size))

    def compute_output_shape(self, noise_shape: tuple[int | None, ...], *_: Any) -> tuple[int | None, ...]:
        return noise_shape[0], self.size

    def _petals(
        self, noise: keras.KerasTensor, labels: keras.KerasTensor | None
    ) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        if labels is None:
            place = ops.minimum(ops.floor(uniform_of_normal(noise[..., 2]) * self.components), self.components - 1.0)
        else:
            place = ops.cast(labels, noise.dtype)[:, None]
        angle = place * (2.0 * math.pi / self.components)
        along = MIXTURE_DISTANCE + MIXTURE_DEVIATIONS[0] * noise[..., 0]
        across = MIXTURE_DEVIATIONS[1] * noise[..., 1]
        cosine, sine = ops.cos(angle), ops.sin(angle)
        return along * cosine - across * sine, along * sine + across * cosine

    def _roll(
        self, noise: keras.KerasTensor, labels: keras.KerasTensor | None
    ) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        place = uniform_of_normal(noise[..., 0])
        if labels is not None:
            place = (ops.cast(labels, noise.dtype)[:, None] + place) / self.components
        # The root makes every stretch of the spiral as likely as any other of its length.
        way = ops.sqrt(place)
        radius = ROLL_RADIUS * way + ROLL_DEVIATION * noise[..., 1]
        angle = 2.0 * math.pi * ROLL_TURNS * way
        return radius * ops.cos(angle), radius * ops.sin(angle)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "kind": self.kind, "size": self.size, "components": self.components}


def uniform_of_normal(normal: keras.KerasTensor) -> keras.KerasTensor:
    """A standard normal number through its distribution function: uniform on [0, 1]."""
    return 0.5 * (1.0 + ops.erf(normal / math.sqrt(2.0)))
