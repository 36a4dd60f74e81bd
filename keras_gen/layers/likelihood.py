"""The likelihood of pictures given what a decoder says."""

from __future__ import annotations

import math
from typing import Any, Literal

import keras
import tensorflow as tf

from keras_gen import losses
from serving.common.errors import InputError, require_among

Likelihood = Literal["bernoulli", "continuous_bernoulli", "gaussian", "discretized_logistic"]
KINDS = ("bernoulli", "continuous_bernoulli", "gaussian", "discretized_logistic")
SCALED = ("gaussian", "discretized_logistic")
FIRST_SCALE = 0.5


@keras.saving.register_keras_serializable(package="keras_gen")
class PixelLikelihood(keras.layers.Layer):
    """Independent pixels around what the decoder gives: logits for the Bernoulli kinds, means for the others.

    All is float32, whatever networks compute in.

    Args:
        kind: `bernoulli`, `continuous_bernoulli`, `gaussian` or `discretized_logistic`.
        sigma: scale of a pixel under the last two, where black is -1 and white is 1; None learns one scale
            for all pixels (Rybkin et al. 2021, "Simple and effective VAE training", section 4).

    Raises:
        InputError: an unknown kind, or a scale that is not positive.
    """

    def __init__(self, kind: Likelihood, sigma: float | None, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        require_among(KINDS, likelihood=kind)
        if sigma is not None and not sigma > 0:
            raise InputError(f"`sigma` must be positive. Received: {sigma}.")
        self.kind = kind
        self.sigma = sigma
        self.log_scale = None
        if kind in SCALED and sigma is None:
            self.log_scale = self.add_weight(
                name="log_scale", shape=(), initializer=keras.initializers.Constant(math.log(FIRST_SCALE))
            )
        self.built = True

    def negative_log_likelihood(self, images: tf.Tensor, decoded: tf.Tensor) -> tf.Tensor:
        """Nats per picture, (batch,), of pictures in [-1, 1], both (batch, height, width, channels)."""
        if self.kind == "bernoulli":
            return losses.bernoulli_nll(images, decoded)
        if self.kind == "continuous_bernoulli":
            return losses.continuous_bernoulli_nll(images, decoded)
        scale = tf.constant(self.sigma) if self.log_scale is None else tf.exp(tf.convert_to_tensor(self.log_scale))
        if self.kind == "gaussian":
            return losses.gaussian_nll(images, decoded, scale)
        return losses.discretized_logistic_nll(images, decoded, scale)

    def call(self, decoded: keras.KerasTensor) -> keras.KerasTensor:
        """The mean picture, in [-1, 1]."""
        if self.kind == "bernoulli":
            return 2.0 * keras.ops.sigmoid(decoded) - 1.0
        if self.kind == "continuous_bernoulli":
            return 2.0 * losses.continuous_bernoulli_mean(decoded) - 1.0
        return keras.ops.clip(decoded, -1.0, 1.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "kind": self.kind, "sigma": self.sigma}
