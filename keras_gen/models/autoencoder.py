"""The undercomplete autoencoder."""

from __future__ import annotations

from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_gen import losses
from keras_gen.networks import NetworkSpec, build_coder
from keras_gen.training.base import BaseModel
from keras_gen.training.moves import Move, Moves
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.pieces import coding_networks, side_by_side


@keras.saving.register_keras_serializable(package="keras_gen")
class Autoencoder(BaseModel):
    """An encoder and a decoder with a bottleneck: a code that is smaller than the picture.

    Minimizes the squared error, the mean over pixels where black is -1 and white is 1. Reported per epoch:
    `loss`, and `psnr` in decibels.

    Args:
        image_shape: (height, width, channels).
        latent_dim: length of the code.
        encoder: network from pictures to codes: `conv`, `mlp`, a dictionary of the name and its options, or a
            `keras.Model`.
        decoder: network from codes to pictures; given like the encoder.
        seed: seed of the training noise, of which this model has none.

    Raises:
        InputError: a value out of range, or networks that do not fit.

    Source: Goodfellow et al. 2016, "Deep Learning", section 14.1.
    """

    default_optimizers: ClassVar = {"optimizer": OptimizerSpec("adam", learning_rate=1e-3)}

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        latent_dim: int = 16,
        encoder: NetworkSpec = "conv",
        decoder: NetworkSpec = "conv",
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, ["loss", "psnr"], **kwargs)
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        self.encoder, self.decoder = build_coder(encoder, decoder, self.image_shape, latent_dim)

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Reconstructions in [-1, 1], of the shape of `images`."""
        return keras.ops.clip(self.decoder(self.encoder(images, training=training), training=training), -1.0, 1.0)

    def moves(self, images: tf.Tensor) -> Moves:
        return (yield Move(lambda: self._terms(images, training=True), self, self.optimizer))

    def evaluation(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._terms(images, training=False)

    def preview(self, images: np.ndarray, seed: int) -> np.ndarray:
        """Pictures, each beside its reconstruction."""
        return side_by_side(images, self(images, training=False))

    def inference_networks(self) -> dict[str, keras.Model]:
        """`encoder`: image -> code. `decoder`: latent -> image."""
        return coding_networks(self.encoder, self.decoder)

    def _terms(self, images: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        decoded = self.decoder(self.encoder(images, training=training), training=training)
        error = losses.squared_error(images, tf.cast(decoded, tf.float32))
        return {"loss": error, "psnr": losses.decibels(error)}
