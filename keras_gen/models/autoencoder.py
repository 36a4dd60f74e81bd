"""The undercomplete autoencoder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_gen import losses
from keras_gen.losses.reconstructions import Reconstruction
from keras_gen.networks import NetworkSpec, build_coder
from keras_gen.training.base import BaseModel
from keras_gen.training.moves import Move, Moves
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.pieces import coding_networks, reconstruction_error, side_by_side
from keras_gen.training.regularizers import CODE_REGULARIZERS, CodeRegularizer, Regularized, chosen_regularizer
from serving.common.errors import require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class Autoencoder(BaseModel):
    """An encoder and a decoder with a bottleneck: a code that is smaller than the picture.

    Minimizes the error of the reconstruction. Reported per epoch: `loss`, and `psnr` in decibels; with a regularizer or
    a weight of the code also `reconstruction`, that error, and `regularizer`, its term before it is weighted.

    With the regularizers l2, gradient_penalty and spectral, and `code_weight` above 0, it is the regularized
    autoencoder (RAE), which is sampled after `keras-gen fit-prior`; with mmd it is the Wasserstein autoencoder (WAE),
    which is sampled from the standard normal distribution.

    Args:
        image_shape: (height, width, channels).
        latent_dim: length of the code.
        encoder: network from pictures to codes: `conv`, `mlp`, a dictionary of the name and its options, or a
            `keras.Model`.
        decoder: network from codes to pictures; given like the encoder.
        regularizer: `l2` penalizes the squares of the decoder's weights, `gradient_penalty` the squared slope of the
            decoder at the codes, `spectral` bounds the singular values of the decoder's weights, `mmd` pulls the codes
            of a batch towards the standard normal distribution; null for none.
        regularizer_weight: weight of that term in the loss; with spectral the bound.
        code_weight: weight of half the squared length of the code in the loss.
        reconstruction: `squared_error` or `absolute_error`, means over pixels where black is -1 and white is 1; or
            `ms_ssim`, 1 minus the multi-scale structural similarity.
        seed: seed of the regularizer's noise.

    Raises:
        InputError: a value out of range, or networks that do not fit.

    Source: Goodfellow et al. 2016, "Deep Learning", section 14.1; RAE: Ghosh et al. 2020, "From Variational to
    Deterministic Autoencoders", section 3; WAE: Tolstikhin et al. 2018, "Wasserstein Auto-Encoders", algorithm 2.
    """

    default_optimizers: ClassVar = {"optimizer": OptimizerSpec("adam", learning_rate=1e-3)}

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        latent_dim: int = 16,
        encoder: NetworkSpec = "conv",
        decoder: NetworkSpec = "conv",
        regularizer: CodeRegularizer = None,
        regularizer_weight: float = 1.0,
        code_weight: float = 0.0,
        reconstruction: Reconstruction = "squared_error",
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        found = chosen_regularizer(CODE_REGULARIZERS, regularizer, regularizer_weight)
        require_at_least(0, code_weight=code_weight)
        further = ["reconstruction"] * bool(found or code_weight)
        further += ["regularizer"] * bool(found and found.value)
        super().__init__(seed, ["loss", "psnr", *further], **kwargs)
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        self.reconstruction = reconstruction
        self._error = reconstruction_error(reconstruction, self.image_shape)
        self.encoder, self.decoder = build_coder(encoder, decoder, self.image_shape, latent_dim)
        self.regularizer = regularizer
        self.regularizer_weight = regularizer_weight
        self.code_weight = code_weight
        self.regularize = found.value if found else None
        if found:
            self.spec = replace(self.spec, prior=found.prior, couples_examples=found.couples_examples)
        if found and found.bound:
            found.bound(self.decoder, regularizer_weight)

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Reconstructions in [-1, 1], of the shape of `images`."""
        return keras.ops.clip(self.decoder(self.encoder(images, training=training), training=training), -1.0, 1.0)

    def moves(self, images: tf.Tensor) -> Moves:
        return (yield Move(lambda: self._terms(images, self.noise.training_rows, True), self, self.optimizer))

    def evaluation(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._terms(images, self.noise.evaluation_rows, training=False)

    def preview(self, images: np.ndarray, seed: int) -> np.ndarray:
        """Pictures, each beside its reconstruction."""
        return side_by_side(images, self(images, training=False))

    def inference_networks(self) -> dict[str, keras.Model]:
        """`encoder`: image -> code. `decoder`: latent -> image."""
        return coding_networks(self.encoder, self.decoder)

    def _terms(self, images: tf.Tensor, rows: Callable[..., tf.Tensor], training: bool) -> dict[str, tf.Tensor]:
        codes = self.encoder(images, training=training)
        decoded = self.decoder(codes, training=training)
        decoded = tf.cast(decoded, tf.float32)
        error = self._error(images, decoded)
        psnr = losses.decibels(losses.squared_error(images, decoded))
        codes = tf.cast(codes, tf.float32)
        terms = {"loss": error, "psnr": psnr, "reconstruction": error}
        if self.code_weight:
            terms["loss"] += self.code_weight * 0.5 * tf.reduce_sum(tf.square(codes), axis=-1)
        if self.regularize:
            decode = partial(self.decoder, training=training)
            draw = partial(rows, tf.shape(images)[0])
            terms["regularizer"] = self.regularize(Regularized(codes, self.decoder, decode, draw))
            terms["loss"] += self.regularizer_weight * terms["regularizer"]
        return terms
