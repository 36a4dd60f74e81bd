"""The conditional variational autoencoder."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_gen import losses
from keras_gen.layers import LIKELIHOODS, ClassCode, ClassPlane, GaussianSampling, Likelihood, PixelLikelihood
from keras_gen.networks import NetworkSpec, build_network
from keras_gen.training.base import BaseModel
from keras_gen.training.moves import Move, Moves
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.spec import ModelSpec
from keras_gen.training.variational import (
    mean_and_log_variance,
    posterior_noise,
    variational_networks,
    weighed_draws,
)
from serving.common.classes import class_labels, require_classes
from serving.common.errors import require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class ConditionalVAE(BaseModel):
    """A VAE whose encoder and decoder also receive the class, so that samples of a class can be drawn.

    Maximizes `E_q log p(x|z, y) - KL(q(z|x, y) || p(z))` with a diagonal Gaussian posterior and the standard normal
    prior for every class. Reported per epoch, in nats per picture: `loss`, `elbo`, `reconstruction` and `kl`.
    `fit` takes (pictures, labels).

    Args:
        image_shape: (height, width, channels).
        classes: names of the classes, in the order of their labels.
        latent_dim: length of a latent.
        encoder: network from pictures with one more channel, a learned plane of the class, to `2 * latent_dim`
            numbers, mean and log-variance: `conv`, `mlp`, a dictionary of the name and its options, or a `keras.Model`.
        decoder: network from `latent_dim` numbers and the class, one-hot, to pictures; given like the encoder.
        likelihood: as in `vae`.
        sigma: as in `vae`.
        binarize: as in `vae`.
        beta: weight of the KL term in the loss.
        seed: seed of the training noise.

    Raises:
        InputError: fewer than two classes, a value out of range, or networks that do not fit.

    Source: Sohn et al. 2015, "Learning Structured Output Representation using Deep Conditional Generative Models",
    equation 4, with one prior for all classes; Kingma et al. 2014, "Semi-supervised Learning", model M2.
    """

    spec = ModelSpec(prior="standard_normal", labelled=True)
    default_optimizers: ClassVar = {"optimizer": OptimizerSpec("adam", learning_rate=1e-3)}

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        classes: tuple[str, ...] = (),
        latent_dim: int = 16,
        encoder: NetworkSpec = "conv",
        decoder: NetworkSpec = "conv",
        likelihood: Likelihood = "bernoulli",
        sigma: float | None = 0.1,
        binarize: bool = False,
        beta: float = 1.0,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        normalized = LIKELIHOODS.find(likelihood).normalized
        super().__init__(seed, ["loss", *["elbo"] * normalized, "reconstruction", "kl"], **kwargs)
        require_classes(classes)
        require_at_least(1, latent_dim=latent_dim)
        require_at_least(0, beta=beta)
        self.spec = replace(
            self.spec, classes=tuple(classes), likelihood=likelihood if normalized else None, binarizes=binarize
        )
        self.image_shape = tuple(image_shape)
        self.classes = tuple(classes)
        self.latent_dim = latent_dim
        seen = (*self.image_shape[:2], self.image_shape[2] + 1)
        code = latent_dim + len(classes)
        self.encoder = build_network(
            "encoder", encoder, seen, (2 * latent_dim,), image_shape=seen, outputs=2 * latent_dim
        )
        self.decoder = build_network(
            "decoder", decoder, (code,), self.image_shape, latent_dim=code, image_shape=self.image_shape
        )
        self.class_plane = ClassPlane(len(classes))
        self.class_plane.build((None, *self.image_shape))
        self.class_code = ClassCode(len(classes))
        self.pixels = PixelLikelihood(likelihood, sigma, self.image_shape, name="pixels")
        self.sampling = GaussianSampling()
        self.likelihood = likelihood
        self.sigma = sigma
        self.binarize = binarize
        self.beta = beta

    def call(self, images: tf.Tensor, labels: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures in [-1, 1] reconstructed from the posterior's mean, of the shape of `images`."""
        mean, _ = self.posterior(images, labels, training)
        return self.pixels(self.decode(mean, labels, training))

    def posterior(self, images: tf.Tensor, labels: tf.Tensor, training: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and log-variance of `q(z|x, y)`, each (batch, latent_dim)."""
        return mean_and_log_variance(self.encoder(self.class_plane(images, labels), training=training))

    def decode(self, latents: tf.Tensor, labels: tf.Tensor, training: bool = False) -> tf.Tensor:
        """What the decoder gives for latents (batch, latent_dim) of classes (batch,)."""
        return self.decoder(self.class_code(latents, labels), training=training)

    def log_weights(self, images: tf.Tensor, noise: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """`log p(x, z|y) - log q(z|x, y)` of draws from the posterior, nats, (batch, samples).

        Args:
            images: (batch, height, width, channels) in [-1, 1].
            noise: standard normal, (batch, samples, latent_dim).
            labels: (batch,).
        """
        mean, log_variance = (tf.cast(part, tf.float32) for part in self.posterior(images, labels))
        latents = self.sampling(mean[:, None], log_variance[:, None], noise)
        decode = partial(self.decode, labels=tf.repeat(labels, tf.shape(noise)[1], axis=0))
        return weighed_draws(self.pixels, decode, images, latents, mean, log_variance)[1]

    def moves(self, images: tf.Tensor, labels: tf.Tensor) -> Moves:
        images, noise = posterior_noise(images, self.noise.training_rows, self.latent_dim, self.binarize)
        return (yield Move(lambda: self._terms(images, labels, noise, training=True), self, self.optimizer))

    def evaluation(self, images: tf.Tensor, labels: tf.Tensor) -> dict[str, tf.Tensor]:
        images, noise = posterior_noise(images, self.noise.evaluation_rows, self.latent_dim, self.binarize)
        return self._terms(images, labels, noise, training=False)

    def sample(self, n: int, seed: int = 0, labels: np.ndarray | None = None) -> np.ndarray:
        """`n` pictures, float32 in [-1, 1], of the classes `labels`, by default of one class after the other."""
        labels = class_labels(n, len(self.classes), labels)
        return self.pixels(self.decode(self.prior_latents(n, seed), labels)).numpy()

    def pixel_scale(self) -> float | None:
        return self.pixels.scale

    def inference_networks(self) -> dict[str, keras.Model]:
        """`encoder`: image, label -> mean, log_variance. `decoder`: latent, label -> image."""

        def picture(latent: keras.KerasTensor, label: keras.KerasTensor) -> keras.KerasTensor:
            return self.pixels(self.decode(latent, label))

        return variational_networks(self.posterior, picture, self.image_shape, self.latent_dim, labelled=True)

    def _terms(self, images: tf.Tensor, labels: tf.Tensor, noise: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        mean, log_variance = (tf.cast(part, tf.float32) for part in self.posterior(images, labels, training))
        decoded = self.decode(self.sampling(mean, log_variance, noise), labels, training)
        reconstruction = self.pixels.negative_log_likelihood(images, tf.cast(decoded, tf.float32))
        kl = losses.standard_normal_kl(mean, log_variance)
        return {
            "loss": reconstruction + self.beta * kl,
            "elbo": -(reconstruction + kl),
            "reconstruction": reconstruction,
            "kl": kl,
        }
