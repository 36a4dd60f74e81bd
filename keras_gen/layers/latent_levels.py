"""Latents in levels, each of which says where those below it are to be expected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, get_args

import keras
from keras import ops

from serving.common.errors import InputError, require_among, require_at_least

Merge = Literal["precision", "residual"]

# No log-variance is further from 0: none of the first steps then leads to numbers that do not exist.
MOST = 7.0


class Inferred(NamedTuple):
    """What is inferred of a picture; all levels one after the other, each (..., sum of the sizes).

    Attributes:
        latents: as a decoder takes them.
        noise: the same draws as noise of the prior.
        mean: of the Gaussian that this noise was drawn from, given the levels above.
        log_variance: likewise.
    """

    latents: keras.KerasTensor
    noise: keras.KerasTensor
    mean: keras.KerasTensor
    log_variance: keras.KerasTensor


@keras.saving.register_keras_serializable(package="keras_gen")
class LatentLevels(keras.layers.Layer):
    """From standard normal noise to latents: `z_l = m_l(z above) + s_l(z above) * noise_l`; and back from features.

    The top level is its noise. Densities are those of the noise: where the prior of a level is a Gaussian around `m_l`,
    a Gaussian posterior of `z_l` is a Gaussian of `noise_l` as well, of mean `(m_q - m_l) / s_l` and deviation
    `s_q / s_l`, and its divergence from the prior is that from the standard normal distribution. Networks between
    levels have sigmoid linear units, and those from features to features a way around them. All is float32, whatever
    networks compute in.

    Args:
        sizes: of the levels, the top level first.
        units: width of the hidden layers.
        merge: how the posterior of a level, which knows the features of a picture and the levels above, is told:
            `precision`, a Gaussian of `z_l` from the features alone, times the prior (Sønderby et al. 2016, "Ladder
            Variational Autoencoders"); `residual`, mean and log-variance of the noise from both (Vahdat & Kautz 2020,
            "NVAE", section 3.2).

    Input: noise, (..., sum of the sizes), the top level first. Output: latents, likewise.

    Raises:
        InputError: no level, a level or hidden layers of no size, or an unknown merge.
    """

    def __init__(self, sizes: Sequence[int], units: int, merge: Merge = "precision", **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        require_sizes(sizes)
        require_at_least(1, units=units)
        require_among(get_args(Merge), merge=merge)
        self.sizes = tuple(sizes)
        self.units = units
        self.merge = merge
        lower = range(1, len(sizes))
        # Pairs of layers: from the features of a level to those of the level above; from the latents above to a level.
        self.climbing = [self._dense(units, units) for _ in lower for _ in range(2)]
        self.descending = [self._dense(inputs, units) for level in lower for inputs in (sum(sizes[:level]), units)]
        self.priors = [self._dense(units, 2 * sizes[level], "zeros") for level in lower]
        self.hearing = [self._dense(units, units) for _ in lower] if merge == "residual" else []
        self.posteriors = [self._dense(units, 2 * size, "glorot_uniform") for size in sizes]
        self.built = True

    def call(self, noise: keras.KerasTensor) -> keras.KerasTensor:
        found: list[keras.KerasTensor] = []
        for level, part in enumerate(self.split(noise)):
            found.append(self._placed(part, self._prior(level, self._above(level, found))))
        return ops.concatenate(found, axis=-1)

    def infer(self, features: keras.KerasTensor, noise: keras.KerasTensor | None = None) -> Inferred:
        """The posterior of a picture, and a draw from it, from the top level to the bottom.

        Args:
            features: of pictures, (..., units).
            noise: standard normal, (..., sum of the sizes), with axes before the last that those of `features` can be
                spread to; by default every level is at its mean.
        """
        parts: list[tuple[keras.KerasTensor, ...]] = []
        given = self.split(noise) if noise is not None else [None] * len(self.sizes)
        for level, (seen, draw) in enumerate(zip(self._climb(features), given, strict=True)):
            above = self._above(level, [part[0] for part in parts])
            prior = self._prior(level, above)
            mean, log_variance = self._posterior(level, seen, above, prior)
            drawn = mean if draw is None else mean + ops.exp(0.5 * log_variance) * draw
            mean, log_variance = mean + ops.zeros_like(drawn), log_variance + ops.zeros_like(drawn)
            parts.append((self._placed(drawn, prior), drawn, mean, log_variance))
        return Inferred(*(ops.concatenate(of_all, axis=-1) for of_all in zip(*parts, strict=True)))

    def split(self, levels: keras.KerasTensor) -> list[keras.KerasTensor]:
        """Levels one after the other, (..., sum of the sizes), as one of each level, (..., its size)."""
        ends = [sum(self.sizes[:level]) for level in range(1, len(self.sizes))]
        return list(ops.split(levels, ends, axis=-1)) if ends else [levels]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "sizes": self.sizes, "units": self.units, "merge": self.merge}

    def _climb(self, features: keras.KerasTensor) -> list[keras.KerasTensor]:
        """Features for each level, the top level first, of those of the bottom level."""
        found = [ops.cast(features, self.compute_dtype)]
        for pair in _pairs(self.climbing):
            found.append(found[-1] + pair[1](ops.silu(pair[0](ops.silu(found[-1])))))
        return found[::-1]

    def _above(self, level: int, found: Sequence[keras.KerasTensor]) -> keras.KerasTensor | None:
        """What a level is told by the latents above it; None for the top level."""
        return _through(_pairs(self.descending)[level - 1], ops.concatenate(found, axis=-1)) if level else None

    def _prior(self, level: int, above: keras.KerasTensor | None) -> tuple[keras.KerasTensor, keras.KerasTensor] | None:
        """Mean and log-variance of a level's latents before a picture is seen; None for the standard normal ones."""
        return None if above is None else _told(self.priors[level - 1](above))

    def _placed(
        self, noise: keras.KerasTensor, prior: tuple[keras.KerasTensor, keras.KerasTensor] | None
    ) -> keras.KerasTensor:
        return noise if prior is None else prior[0] + ops.exp(0.5 * prior[1]) * noise

    def _posterior(
        self,
        level: int,
        seen: keras.KerasTensor,
        above: keras.KerasTensor | None,
        prior: tuple[keras.KerasTensor, keras.KerasTensor] | None,
    ) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """Mean and log-variance of a level's noise, given a picture and the levels above."""
        hidden = seen
        if above is not None and self.merge == "residual":
            hidden = seen + self.hearing[level - 1](above)
        mean, log_variance = _told(self.posteriors[level](seen + ops.silu(hidden)))
        if prior is None or self.merge == "residual":
            return mean, log_variance
        # The product of two Gaussians, with the prior as the unit of length.
        narrower = prior[1] - log_variance
        return (mean - prior[0]) * ops.exp(-0.5 * prior[1]) * ops.sigmoid(narrower), -ops.softplus(narrower)

    def _dense(self, inputs: int, outputs: int, start: str = "he_uniform") -> keras.layers.Layer:
        dense = keras.layers.Dense(outputs, kernel_initializer=start, dtype=self.dtype_policy)
        dense.build((None, inputs))
        return dense


def require_sizes(sizes: Sequence[int]) -> None:
    """Raises InputError for no level, or a level of no size."""
    if not sizes or any(not isinstance(size, int) or size < 1 for size in sizes):
        raise InputError(f"the sizes of levels must be whole numbers of at least 1. Received: {list(sizes)}.")


def _pairs(layers: Sequence[keras.layers.Layer]) -> list[Sequence[keras.layers.Layer]]:
    return [layers[first : first + 2] for first in range(0, len(layers), 2)]


def _through(network: Sequence[keras.layers.Layer], x: keras.KerasTensor) -> keras.KerasTensor:
    for dense in network:
        x = ops.silu(dense(x))
    return x


def _told(both: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Mean and log-variance, of what a network says of both."""
    mean, log_variance = ops.split(both, 2, axis=-1)
    return mean, MOST * ops.tanh(log_variance / MOST)
