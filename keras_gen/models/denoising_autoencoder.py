"""The denoising autoencoder."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_gen import losses
from keras_gen.layers import Corruption, PixelCorruption
from keras_gen.losses.reconstructions import Reconstruction
from keras_gen.networks import NetworkSpec, build_coder
from keras_gen.training.base import BaseModel
from keras_gen.training.moves import Move, Moves
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.pieces import coding_networks, reconstruction_error, side_by_side


@keras.saving.register_keras_serializable(package="keras_gen")
class DenoisingAutoencoder(BaseModel):
    """An autoencoder that reconstructs the clean picture from a corrupted one.

    Pictures are corrupted in training and evaluation; the exported networks take pictures as they are. Reported
    per epoch: `loss`, the error from the clean picture; `psnr` of the output and `corrupted_psnr` of the
    input, in decibels.

    Args:
        image_shape: (height, width, channels).
        latent_dim: length of the code; it may exceed the number of pixels.
        encoder: network from pictures to codes: `conv`, `mlp`, a dictionary of the name and its options, or a
            `keras.Model`.
        decoder: network from codes to pictures; given like the encoder.
        corruption: `gaussian` adds noise, `masking` turns values black, `salt_and_pepper` turns them black or white;
            `blocked` turns pixels black, `blocked_patch` a rectangle at a random place, `kept_patch` all but one.
        amount: the noise's standard deviation, where black is -1 and white is 1; or the share of values that are
            changed.
        reconstruction: `squared_error` or `absolute_error`, means over pixels where black is -1 and white is 1; or
            `ms_ssim`, 1 minus the multi-scale structural similarity.
        seed: seed of the corruption.

    Raises:
        InputError: a value out of range, or networks that do not fit.

    Source: Vincent et al. 2008, "Extracting and Composing Robust Features with Denoising Autoencoders".
    """

    default_optimizers: ClassVar = {"optimizer": OptimizerSpec("adam", learning_rate=1e-3)}

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        latent_dim: int = 64,
        encoder: NetworkSpec = "conv",
        decoder: NetworkSpec = "conv",
        corruption: Corruption = "gaussian",
        amount: float = 0.5,
        reconstruction: Reconstruction = "squared_error",
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, ["loss", "psnr", "corrupted_psnr"], **kwargs)
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        self.reconstruction = reconstruction
        self._error = reconstruction_error(reconstruction, self.image_shape)
        self.encoder, self.decoder = build_coder(encoder, decoder, self.image_shape, latent_dim)
        self.corrupt = PixelCorruption(corruption, amount)
        self.corruption = corruption
        self.amount = amount

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Denoised pictures in [-1, 1], of the shape of `images`, which are not corrupted further."""
        return keras.ops.clip(self.decoder(self.encoder(images, training=training), training=training), -1.0, 1.0)

    def moves(self, images: tf.Tensor) -> Moves:
        corrupted = self.corrupted(images, self.noise.training_rows)
        return (yield Move(lambda: self._terms(images, corrupted, training=True), self, self.optimizer))

    def evaluation(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        corrupted = self.corrupted(images, self.noise.evaluation_rows)
        return self._terms(images, corrupted, training=False)

    def corrupted(self, images: tf.Tensor, rows: Callable[..., tf.Tensor]) -> tf.Tensor:
        """Corrupted copies of `images`, not clipped.

        Args:
            images: (batch, height, width, channels) in [-1, 1].
            rows: where the noise comes from, a method of `self.noise`.
        """
        size = math.prod(self.image_shape)
        noise = rows(tf.shape(images)[0], size, "corruption", uniform=self.corrupt.uniform)
        return self.corrupt(images, tf.reshape(noise, (-1, *self.image_shape)))

    def preview(self, images: np.ndarray, seed: int) -> np.ndarray:
        """Corrupted pictures, each beside its reconstruction."""
        corrupted = self.corrupted(tf.constant(images), self.noise.evaluation_rows)
        return side_by_side(corrupted.numpy(), self(corrupted, training=False))

    def inference_networks(self) -> dict[str, keras.Model]:
        """`encoder`: image -> code. `decoder`: latent -> image."""
        return coding_networks(self.encoder, self.decoder)

    def _terms(self, images: tf.Tensor, corrupted: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        decoded = self.decoder(self.encoder(corrupted, training=training), training=training)
        decoded = tf.cast(decoded, tf.float32)
        error = losses.squared_error(images, decoded)
        before = losses.squared_error(images, corrupted)
        return {
            "loss": self._error(images, decoded),
            "psnr": losses.decibels(error),
            "corrupted_psnr": losses.decibels(before),
        }
