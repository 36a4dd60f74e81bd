"""The sparse autoencoder."""

from __future__ import annotations

from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_gen.losses.reconstructions import Reconstruction
from keras_gen.networks import NetworkSpec, build_coder
from keras_gen.training.base import BaseModel
from keras_gen.training.moves import Move, Moves
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.pieces import coding_networks, reconstruction_error, side_by_side
from serving.common.errors import require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class SparseAutoencoder(BaseModel):
    """An autoencoder whose code, which may be longer than the picture, is zero almost everywhere.

    The code passes a ReLU, so that units can be exactly zero, and its mean absolute value is added to the error
    of the reconstruction. Reported per epoch: `loss`; `reconstruction`, that error; and `active`, the share of code
    units that are not zero.

    Args:
        image_shape: (height, width, channels).
        latent_dim: length of the code.
        encoder: network from pictures to codes before the ReLU: `conv`, `mlp`, a dictionary of the name and
            its options, or a `keras.Model`.
        decoder: network from codes to pictures; given like the encoder.
        sparsity: weight of the code's mean absolute value.
        reconstruction: `squared_error` or `absolute_error`, means over pixels where black is -1 and white is 1; or
            `ms_ssim`, 1 minus the multi-scale structural similarity.
        seed: seed of the training noise, of which this model has none.

    Raises:
        InputError: a value out of range, or networks that do not fit.

    Source: Goodfellow et al. 2016, "Deep Learning", section 14.2.1; rectified codes: Glorot et al. 2011, "Deep Sparse
    Rectifier Neural Networks".
    """

    default_optimizers: ClassVar = {"optimizer": OptimizerSpec("adam", learning_rate=1e-3)}

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        latent_dim: int = 1024,
        encoder: NetworkSpec = "conv",
        decoder: NetworkSpec = "conv",
        sparsity: float = 0.1,
        reconstruction: Reconstruction = "squared_error",
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, ["loss", "reconstruction", "active"], **kwargs)
        require_at_least(0, sparsity=sparsity)
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        self.reconstruction = reconstruction
        self._error = reconstruction_error(reconstruction, self.image_shape)
        self.encoder, self.decoder = build_coder(encoder, decoder, self.image_shape, latent_dim)
        self.rectify = keras.layers.ReLU()
        self.sparsity = sparsity

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Reconstructions in [-1, 1], of the shape of `images`."""
        code = self.rectify(self.encoder(images, training=training))
        return keras.ops.clip(self.decoder(code, training=training), -1.0, 1.0)

    def moves(self, images: tf.Tensor) -> Moves:
        return (yield Move(lambda: self._terms(images, training=True), self, self.optimizer))

    def evaluation(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._terms(images, training=False)

    def preview(self, images: np.ndarray, seed: int) -> np.ndarray:
        """Pictures, each beside its reconstruction."""
        return side_by_side(images, self(images, training=False))

    def inference_networks(self) -> dict[str, keras.Model]:
        """`encoder`: image -> code, rectified. `decoder`: latent -> image."""
        rectified = keras.Sequential([self.encoder, self.rectify])
        return coding_networks(rectified, self.decoder)

    def _terms(self, images: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        code = tf.cast(self.rectify(self.encoder(images, training=training)), tf.float32)
        error = self._error(images, tf.cast(self.decoder(code, training=training), tf.float32))
        return {
            "loss": error + self.sparsity * tf.reduce_mean(tf.abs(code), axis=-1),
            "reconstruction": error,
            "active": tf.reduce_mean(tf.cast(code > 0.0, tf.float32), axis=-1),
        }
