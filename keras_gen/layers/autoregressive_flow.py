"""Latents that are bent, each by those before it, so that a posterior need not be Gaussian."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_gen.layers.masked_dense import MaskedDense
from serving.common.errors import require_at_least

# First logit of the gates: a step begins by keeping most of what it is given.
OPEN = 2.0


@keras.saving.register_keras_serializable(package="keras_gen")
class InverseAutoregressiveFlow(keras.layers.Layer):
    """Steps `z <- g z + (1 - g) m`, where gate `g` and shift `m` of a latent depend on those before it and a context.

    The order of the latents is reversed from step to step. The Jacobian of each step is triangular, so that the
    logarithm of its determinant is the sum of `log g`. All is float32, whatever networks compute in.

    Args:
        size: length of a latent.
        steps: how many.
        units: width of the two hidden layers of each step's network, of exponential linear units.
        seed: of the networks' first weights.

    Input: latents (..., size), and a context that can be added to them, such as (batch, 1, size).

    Output: latents, and the sum over steps of `log g`, each (..., size). Its sum over the last axis is the logarithm
    of how much the flow stretches there.

    Raises:
        InputError: no latent, step or unit.

    Source: Kingma et al. 2016, "Improving Variational Inference with Inverse Autoregressive Flow", algorithm 1 and
    equations 13 and 14.
    """

    def __init__(self, size: int, steps: int, units: int, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        require_at_least(1, size=size, steps=steps, units=units)
        self.size = size
        self.steps = steps
        self.units = units
        self.seed = seed
        self.networks = [self._network(step) for step in range(steps)]
        self.built = True

    def call(
        self, latents: keras.KerasTensor, context: keras.KerasTensor
    ) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        log_gates = ops.zeros_like(latents)
        context = context + log_gates
        for hidden, further, last in self.networks:
            seen = ops.elu(hidden(ops.concatenate([context, latents], axis=-1)))
            shift, logit = ops.split(last(ops.elu(further(seen))), 2, axis=-1)
            gate = ops.sigmoid(logit)
            latents = gate * latents + (1.0 - gate) * shift
            log_gates = log_gates - ops.softplus(-logit)
        return latents, log_gates

    def get_config(self) -> dict[str, Any]:
        own = {"size": self.size, "steps": self.steps, "units": self.units, "seed": self.seed}
        return {**super().get_config(), **own}

    def _network(self, step: int) -> tuple[MaskedDense, MaskedDense, MaskedDense]:
        """The layers of a step: places of latents are from 1 on, and the context is before all of them."""
        order = list(range(1, self.size + 1))[:: -1 if step % 2 else 1]
        hidden = [unit % self.size for unit in range(self.units)]
        first, second = (keras.initializers.GlorotUniform(2 * (self.seed + step) + layer) for layer in range(2))
        bias = [0.0] * self.size + [OPEN] * self.size
        return (
            MaskedDense([0] * self.size + order, hidden, start=first, dtype=self.dtype_policy),
            MaskedDense(hidden, hidden, start=second, dtype=self.dtype_policy),
            MaskedDense(hidden, order + order, before=True, start="zeros", bias=bias, dtype=self.dtype_policy),
        )
