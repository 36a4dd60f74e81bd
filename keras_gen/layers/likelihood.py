"""The likelihood of pictures given what a decoder says."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import keras
import tensorflow as tf

from keras_gen import losses
from keras_gen.losses.structural import WINDOW
from keras_gen.registry import Registry
from serving.common.errors import InputError

FIRST_SCALE = 0.5


@dataclass(frozen=True)
class PixelDistribution:
    """What a decoder's output says about a picture.

    Attributes:
        nll: of pictures in [-1, 1] and what the decoder gave, both (batch, height, width, channels), and of the scale
            of a pixel if `scaled`: nats per picture, (batch,).
        mean: of what the decoder gave: the mean picture, in [-1, 1]; in operations of Keras, since it is exported.
        scaled: whether it has a scale, which is given or learned.
        normalized: whether it is a distribution. An energy, of unknown normalizing constant, can be minimized in place
            of the `nll`, but says nothing of how probable a picture is, and its scale cannot be learned.
        least_side: of the pictures that it can compare, in pixels.
    """

    nll: Callable[..., tf.Tensor]
    mean: Callable[[keras.KerasTensor], keras.KerasTensor]
    scaled: bool = False
    normalized: bool = True
    least_side: int = 1


def _clipped(decoded: keras.KerasTensor) -> keras.KerasTensor:
    return keras.ops.clip(decoded, -1.0, 1.0)


LIKELIHOODS: Registry[PixelDistribution] = Registry(
    "likelihood",
    {
        "bernoulli": PixelDistribution(losses.bernoulli_nll, lambda logits: 2.0 * keras.ops.sigmoid(logits) - 1.0),
        "continuous_bernoulli": PixelDistribution(
            losses.continuous_bernoulli_nll, lambda logits: 2.0 * losses.continuous_bernoulli_mean(logits) - 1.0
        ),
        "gaussian": PixelDistribution(losses.gaussian_nll, _clipped, scaled=True),
        "discretized_logistic": PixelDistribution(losses.discretized_logistic_nll, _clipped, scaled=True),
        "ms_ssim": PixelDistribution(losses.ms_ssim_energy, _clipped, scaled=True, normalized=False, least_side=WINDOW),
    },
    kind=PixelDistribution,
)
Likelihood: TypeAlias = Annotated[str, LIKELIHOODS]


def require_sides(name: str, least_side: int, image_shape: tuple[int, ...] | None) -> None:
    """Raises InputError for pictures of a known shape that what is called `name` cannot compare."""
    if image_shape is not None and min(image_shape[:2]) < least_side:
        raise InputError(
            f"pictures must have sides of at least {least_side} for {name!r}. "
            f"Received: {image_shape[0]}x{image_shape[1]}."
        )


@keras.saving.register_keras_serializable(package="keras_gen")
class PixelLikelihood(keras.layers.Layer):
    """Independent pixels around what the decoder gives: logits for the Bernoulli kinds, means for the others. Or an
    energy, of the whole picture.

    All is float32, whatever networks compute in.

    Args:
        kind: `bernoulli`, `continuous_bernoulli`, `gaussian`, `discretized_logistic`, the energy `ms_ssim`, or one
            that was registered.
        sigma: scale of a pixel under those that have one, where black is -1 and white is 1; None learns one scale
            for all pixels (Rybkin et al. 2021, "Simple and effective VAE training", section 4).
        image_shape: of the pictures, to find out whether they are large enough; not looked at by default.

    Raises:
        InputError: an unknown kind, a scale that is not positive, an energy without a scale, or pictures that are too
            small for the kind.
    """

    def __init__(
        self, kind: Likelihood, sigma: float | None, image_shape: tuple[int, ...] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.distribution = LIKELIHOODS.find(kind)
        if sigma is not None and not sigma > 0:
            raise InputError(f"`sigma` must be positive. Received: {sigma}.")
        if sigma is None and not self.distribution.normalized:
            raise InputError(f"`sigma` must be given for {kind!r}, which cannot learn it. Received: None.")
        require_sides(kind, self.distribution.least_side, image_shape)
        self.kind = kind
        self.sigma = sigma
        self.log_scale = None
        if self.distribution.scaled and sigma is None:
            self.log_scale = self.add_weight(
                name="log_scale", shape=(), initializer=keras.initializers.Constant(math.log(FIRST_SCALE))
            )
        self.built = True

    def negative_log_likelihood(self, images: tf.Tensor, decoded: tf.Tensor) -> tf.Tensor:
        """Nats per picture, (batch,), of pictures in [-1, 1], both (batch, height, width, channels)."""
        if not self.distribution.scaled:
            return self.distribution.nll(images, decoded)
        return self.distribution.nll(images, decoded, self._scale())

    @property
    def scale(self) -> float | None:
        """The scale of a pixel, given or learned so far; None for a distribution without one."""
        return float(self._scale()) if self.distribution.scaled else None

    def _scale(self) -> tf.Tensor:
        return tf.constant(self.sigma) if self.log_scale is None else tf.exp(tf.convert_to_tensor(self.log_scale))

    def call(self, decoded: keras.KerasTensor) -> keras.KerasTensor:
        """The mean picture, in [-1, 1]."""
        return self.distribution.mean(decoded)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "kind": self.kind, "sigma": self.sigma}
