"""A step of sampling a code map by masked prediction, as arithmetic that can be exported."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_gen.layers.prior import uniform_of_normal

# Above every confidence: what is known stays known.
KNOWN = 1e9
# So that logarithms of logarithms are finite.
NEAR = 1e-7


@keras.saving.register_keras_serializable(package="keras_gen")
class Unmasking(keras.layers.Layer):
    """Draws a code for every masked place, and keeps those that the network is most confident of.

    The confidence of a place is the logarithm of its drawn code's probability plus `temperature` times Gumbel noise;
    places are kept by its rank, equal ones by their order. The noise makes equal confidences, which saturated softmaxes
    give, as good as impossible, so that the order does not hang on how a runtime sorts. A code is drawn by the
    cumulative probabilities and one uniform number.

    Args:
        codes: how many there are; the number `codes` itself stands for a masked place.
        known: how many places are known after the step.
        temperature: see above.

    Input: logits (batch, places, codes); tokens (batch, places), whole numbers; noise (batch, places, 2), standard
    normal.

    Output: tokens of the same shape.

    Source: Chang et al. 2022, "MaskGIT: Masked Generative Image Transformer", section 3.2.
    """

    def __init__(self, codes: int, known: int, temperature: float, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", "autocast": False, **kwargs})
        self.codes = codes
        self.known = known
        self.temperature = temperature
        self.built = True

    def call(self, logits: keras.KerasTensor, tokens: keras.KerasTensor, noise: keras.KerasTensor) -> keras.KerasTensor:
        log_probabilities = ops.log_softmax(ops.cast(logits, "float32"), axis=-1)
        cumulative = ops.cumsum(ops.exp(log_probabilities), axis=-1)
        uniform = uniform_of_normal(noise[..., 0])[..., None]
        passed = ops.cast(cumulative[..., :-1] <= uniform * cumulative[..., -1:], "float32")
        drawn = ops.sum(passed, axis=-1)
        chosen = ops.cast(ops.equal(drawn[..., None], ops.arange(self.codes, dtype="float32")), "float32")
        confidence = ops.sum(log_probabilities * chosen, axis=-1) + self.temperature * _gumbel(noise[..., 1])
        masked = ops.equal(tokens, float(self.codes))
        kept = ranks(ops.where(masked, confidence, KNOWN)) < self.known
        return ops.where(ops.logical_and(masked, kept), drawn, tokens)

    def compute_output_shape(
        self, logits_shape: tuple[int | None, ...], *_: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return logits_shape[:-1]

    def get_config(self) -> dict[str, Any]:
        own = {"codes": self.codes, "known": self.known, "temperature": self.temperature}
        return {**super().get_config(), **own}


def ranks(values: keras.KerasTensor) -> keras.KerasTensor:
    """How many values of a row come before each, the largest first and equal ones in their order: (batch, places)
    float32 of the same shape. Comparisons alone, where every runtime has a sort of its own."""
    places = values.shape[1]
    this, other = values[:, :, None], values[:, None, :]
    index = ops.arange(places)
    earlier = index[None, :] < index[:, None]
    before = ops.logical_or(other > this, ops.logical_and(ops.equal(other, this), earlier))
    return ops.sum(ops.cast(before, "float32"), axis=-1)


def _gumbel(normal: keras.KerasTensor) -> keras.KerasTensor:
    uniform = ops.clip(uniform_of_normal(normal), NEAR, 1.0 - NEAR)
    return -ops.log(-ops.log(uniform))
