"""The FactorVAE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_gen import losses
from keras_gen.layers import LIKELIHOODS, GaussianSampling, Likelihood, PixelLikelihood
from keras_gen.layers.replica import all_examples, rows_at_once
from keras_gen.networks import NetworkSpec, build_coder, build_network
from keras_gen.training.adversarial import AdversarialModel
from keras_gen.training.moves import Move, Moves
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.pieces import together
from keras_gen.training.spec import ModelSpec
from keras_gen.training.variational import mean_and_log_variance, variational_networks, weighed_draws
from serving.common.errors import require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class FactorVAE(AdversarialModel):
    """A VAE with a discriminator of latents, which estimates their total correlation, so that it can be kept small.

    In each training step encoder and decoder move first: they minimize the negative ELBO and `gamma` times what the
    discriminator takes for the total correlation. Then the discriminator learns to tell latents from latents whose
    dimensions were shuffled among the pictures of the batch. Reported per epoch: `loss`; `elbo` with its terms
    `reconstruction` and `kl`, nats per picture; `total_correlation`, the estimate, nats; and
    `discriminator_accuracy` (0.5 is guessing: dimensions are independent).

    Args:
        image_shape: (height, width, channels).
        latent_dim: length of a latent, at least 2.
        encoder: network from pictures to `2 * latent_dim` numbers, mean and log-variance: `conv`, `mlp`, a dictionary
            of the name and its options, or a `keras.Model`.
        decoder: network from latents to pictures; given like the encoder.
        discriminator: network from latents to one logit: `mlp`, given like the encoder.
        gamma: weight of the total correlation in the loss.
        likelihood: as in `vae`.
        sigma: as in `vae`.
        seed: seed of the training noise.

    Raises:
        InputError: a value out of range, or networks that do not fit.

    Source: Kim & Mnih 2018, "Disentangling by Factorising", algorithm 2; the latents that are shuffled are further
    draws for the pictures of the same batch.
    """

    spec = ModelSpec(prior="standard_normal", couples_examples=True)
    default_optimizers: ClassVar = {
        "autoencoder_optimizer": OptimizerSpec("adam", learning_rate=1e-3),
        "discriminator_optimizer": OptimizerSpec("adam", learning_rate=1e-4, beta_1=0.5),
    }

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        latent_dim: int = 10,
        encoder: NetworkSpec = "conv",
        decoder: NetworkSpec = "conv",
        discriminator: NetworkSpec = "mlp",
        gamma: float = 10.0,
        likelihood: Likelihood = "bernoulli",
        sigma: float | None = 0.1,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        normalized = LIKELIHOODS.find(likelihood).normalized
        reports = [
            "loss",
            *["elbo"] * normalized,
            "reconstruction",
            "kl",
            "total_correlation",
            "discriminator_accuracy",
        ]
        super().__init__(seed, reports, **kwargs)
        require_at_least(2, latent_dim=latent_dim)
        require_at_least(0, gamma=gamma)
        self.spec = replace(self.spec, likelihood=likelihood if normalized else None)
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        self.encoder, self.decoder = build_coder(encoder, decoder, self.image_shape, latent_dim, outputs=2 * latent_dim)
        self.discriminator = build_network("code_discriminator", discriminator, (latent_dim,), (1,), size=latent_dim)
        self.pixels = PixelLikelihood(likelihood, sigma, self.image_shape, name="pixels")
        self.autoencoder = together(self.encoder, keras.Sequential([self.decoder, self.pixels]))
        self.sampling = GaussianSampling()
        self.gamma = gamma
        self.likelihood = likelihood
        self.sigma = sigma

    @property
    def players(self) -> dict[str, keras.Model]:
        return {"autoencoder": self.autoencoder, "discriminator": self.discriminator}

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures in [-1, 1] reconstructed from the posterior's mean, of the shape of `images`."""
        mean, _ = self.posterior(images, training)
        return self.pixels(self.decoder(mean, training=training))

    def posterior(self, images: tf.Tensor, training: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and log-variance of `q(z|x)`, each (batch, latent_dim)."""
        return mean_and_log_variance(self.encoder(images, training=training))

    def log_weights(self, images: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        """`log p(x, z) - log q(z|x)` of draws from the posterior, nats, (batch, samples).

        Args:
            images: (batch, height, width, channels) in [-1, 1].
            noise: standard normal, (batch, samples, latent_dim).
        """
        mean, log_variance = (tf.cast(part, tf.float32) for part in self.posterior(images))
        latents = self.sampling(mean[:, None], log_variance[:, None], noise)
        return weighed_draws(self.pixels, self.decoder, images, latents, mean, log_variance)[1]

    def moves(self, images: tf.Tensor) -> Moves:
        draw = partial(self._draw, tf.shape(images)[0], self.noise.training_rows)
        posterior, further = draw("posterior"), draw("further")
        order = draw("order", uniform=True)
        latents, others = self._latents(images, posterior, True), self._latents(images, further, True)
        autoencoder = yield Move(
            lambda: self._autoencoder_terms(images, posterior, training=True),
            self.autoencoder,
            self.autoencoder_optimizer,
        )
        discriminator = yield Move(
            lambda: self._discriminator_terms(latents, shuffled(others, order), training=True),
            self.discriminator,
            self.discriminator_optimizer,
        )
        return {**discriminator, **autoencoder}

    def evaluation(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        draw = partial(self._draw, tf.shape(images)[0], self.noise.evaluation_rows)
        posterior, further = draw("posterior"), draw("further")
        latents, others = self._latents(images, posterior, False), self._latents(images, further, False)
        mixed = shuffled(others, draw("order", uniform=True))
        discriminator = self._discriminator_terms(latents, mixed, training=False)
        return {**discriminator, **self._autoencoder_terms(images, posterior, training=False)}

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """`n` pictures from the prior, float32 in [-1, 1]; the seed means what it means in a bundle."""
        return self.pixels(self.decoder(self.prior_latents(n, seed), training=False)).numpy()

    def pixel_scale(self) -> float | None:
        return self.pixels.scale

    def inference_networks(self) -> dict[str, keras.Model]:
        """`encoder`: image -> mean, log_variance. `decoder`: latent -> image."""
        return variational_networks(
            self.posterior, lambda latent: self.pixels(self.decoder(latent)), self.image_shape, self.latent_dim
        )

    def _draw(self, batch: tf.Tensor, rows: Callable[..., tf.Tensor], purpose: str, uniform: bool = False) -> tf.Tensor:
        return rows(batch, self.latent_dim, purpose, uniform=uniform)

    def _latents(self, images: tf.Tensor, noise: tf.Tensor, training: bool) -> tf.Tensor:
        """Draws from the posterior, float32, (batch, latent_dim)."""
        mean, log_variance = (tf.cast(part, tf.float32) for part in self.posterior(images, training))
        return self.sampling(mean, log_variance, noise)

    def _judge(self, latents: tf.Tensor, training: bool) -> tf.Tensor:
        """`log q(z) - log prod_j q(z_j)` as far as the discriminator knows, (batch,)."""
        return tf.cast(self.discriminator(latents, training=training), tf.float32)[:, 0]

    def _autoencoder_terms(self, images: tf.Tensor, noise: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        mean, log_variance = (tf.cast(part, tf.float32) for part in self.posterior(images, training))
        latents = self.sampling(mean, log_variance, noise)
        decoded = tf.cast(self.decoder(latents, training=training), tf.float32)
        reconstruction = self.pixels.negative_log_likelihood(images, decoded)
        kl = losses.standard_normal_kl(mean, log_variance)
        correlation = self._judge(latents, training)
        return {
            "loss": reconstruction + kl + self.gamma * correlation,
            "elbo": -(reconstruction + kl),
            "reconstruction": reconstruction,
            "kl": kl,
            "total_correlation": correlation,
        }

    def _discriminator_terms(self, latents: tf.Tensor, mixed: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        together_logits, apart_logits = self._judge(latents, training), self._judge(mixed, training)
        right = [tf.cast(together_logits > 0, tf.float32), tf.cast(apart_logits < 0, tf.float32)]
        loss = losses.non_saturating_discriminator_loss(together_logits[:, None], apart_logits[:, None])
        return {"loss": 0.5 * loss, "discriminator_accuracy": 0.5 * (right[0] + right[1])}


def shuffled(latents: tf.Tensor, order: tf.Tensor) -> tf.Tensor:
    """Latents each dimension of which comes from another example of the global batch.

    Args:
        latents: (batch, size), those of this replica.
        order: (batch, size), numbers by whose order examples are shuffled, in each dimension apart.

    Returns:
        (batch, size), without a gradient.
    """
    every, places = (all_examples(tf.stop_gradient(values)) for values in (latents, order))
    mixed = tf.gather(tf.transpose(every), tf.argsort(tf.transpose(places), axis=1), batch_dims=1)
    rows = rows_at_once(tf.shape(latents)[0])
    return tf.transpose(mixed)[rows.start : rows.start + rows.local]
