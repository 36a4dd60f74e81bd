"""A model of your own, in a file of your own: the Wasserstein autoencoder."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_gen import BaseModel, ModelSpec, Move, Moves, OptimizerSpec, losses
from keras_gen.layers.replica import gathered
from keras_gen.networks import NetworkSpec, build_coder
from keras_gen.training.pieces import coding_networks, side_by_side


@keras.saving.register_keras_serializable(package="my_wae")
class MyWAE(BaseModel):
    """An autoencoder whose codes, taken together, are distributed as a standard normal prior (WAE-MMD).

    Minimizes the squared error, the mean over pixels, plus `mmd_weight` times the squared maximum mean discrepancy
    between the codes z of a batch and as many draws p of the prior:

        1/(n(n-1)) sum_{i!=j} (k(z_i, z_j) + k(p_i, p_j)) - 2/n^2 sum_{i,j} k(z_i, p_j)

    with the inverse multiquadratics kernel k(x, y) = C / (C + |x - y|^2), C = 2 * latent_dim.

    Source: Tolstikhin et al. 2018, "Wasserstein Auto-Encoders", algorithm 2 and section 4.
    """

    spec = ModelSpec(prior="standard_normal", couples_examples=True)
    default_optimizers = {"optimizer": OptimizerSpec("adam", learning_rate=1e-3)}  # noqa: RUF012

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        latent_dim: int = 8,
        encoder: NetworkSpec = "conv",
        decoder: NetworkSpec = "conv",
        mmd_weight: float = 1.0,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, ["loss", "reconstruction", "mmd"], **kwargs)
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        self.encoder, self.decoder = build_coder(encoder, decoder, self.image_shape, latent_dim)
        self.mmd_weight = mmd_weight

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        return keras.ops.clip(self.decoder(self.encoder(images, training=training), training=training), -1.0, 1.0)

    def moves(self, images: tf.Tensor) -> Moves:
        drawn = self.noise.training_rows(tf.shape(images)[0], self.latent_dim, "prior")
        return (yield Move(lambda: self._terms(images, drawn, training=True), self, self.optimizer))

    def evaluation(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        drawn = self.noise.evaluation_rows(tf.shape(images)[0], self.latent_dim, "prior")
        return self._terms(images, drawn, training=False)

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        return np.clip(self.decoder(self.prior_latents(n, seed), training=False), -1.0, 1.0)

    def preview(self, images: np.ndarray, seed: int) -> np.ndarray:
        return side_by_side(images, self(images))

    def inference_networks(self) -> dict[str, keras.Model]:
        return coding_networks(self.encoder, self.decoder)

    def _terms(self, images: tf.Tensor, drawn: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        codes = self.encoder(images, training=training)
        decoded = self.decoder(codes, training=training)
        error = losses.squared_error(images, tf.cast(decoded, tf.float32))
        mmd = mmd_terms(tf.cast(codes, tf.float32), drawn)
        return {"loss": error + self.mmd_weight * mmd, "reconstruction": error, "mmd": mmd}


def mmd_terms(codes: tf.Tensor, drawn: tf.Tensor) -> tf.Tensor:
    """(batch,), whose mean over the batch of all devices is the equation above; both (batch, latent_dim)."""
    all_codes, all_drawn = gathered(tf.stop_gradient(codes)), gathered(drawn)
    n = tf.cast(tf.shape(all_codes)[0], tf.float32)
    among_codes, among_drawn = kernel_sum(codes, all_codes) - 1.0, kernel_sum(drawn, all_drawn) - 1.0
    # Each pair of codes counts from both sides, and only the device's own side has a gradient here.
    among_codes = 2.0 * among_codes - tf.stop_gradient(among_codes)
    return (among_codes + among_drawn) / tf.maximum(n - 1.0, 1.0) - 2.0 * kernel_sum(codes, all_drawn) / n


def kernel_sum(points: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """The sum of the kernel over `others` for each point, (batch,); a point with itself gives 1."""
    constant = 2.0 * points.shape[-1]
    squared_distances = tf.reduce_sum(tf.square(points[:, None] - others[None]), axis=-1)
    return tf.reduce_sum(constant / (constant + squared_distances), axis=-1)
