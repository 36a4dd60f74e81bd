"""The VAE-GAN: an autoencoder whose similarity is measured in the features of a discriminator."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_gen import losses
from keras_gen.layers import GaussianSampling
from keras_gen.networks import NetworkSpec, build_network, with_hidden
from keras_gen.training.adversarial import AdversarialModel
from keras_gen.training.moves import Move, Moves
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.penalties import Penalties, checked_penalties, penalty
from keras_gen.training.spec import ModelSpec
from keras_gen.training.variational import mean_and_log_variance, variational_networks
from serving.common.errors import require_at_least

Terms = dict[str, tf.Tensor]


@keras.saving.register_keras_serializable(package="keras_gen")
class VAEGAN(AdversarialModel):
    """A VAE whose decoder is the generator of a GAN, and whose likelihood is that of the discriminator's features.

    Pictures are compared in a hidden layer of the discriminator, `p(D_l(x)|z) = N(D_l(x); D_l(x'), I)`. In each
    training step the discriminator moves first, on pictures, reconstructions and samples; then the encoder minimizes
    similarity and KL; then the decoder minimizes similarity and fools the discriminator. Reported per epoch:
    `similarity` and `kl`, in nats per picture; `encoder_loss`, `decoder_loss` and `discriminator_loss` (2 log 2 = 1.386
    where it can only guess); `discriminator_accuracy`, the share of pictures, reconstructions and samples that it tells
    apart.

    Args:
        image_shape: (height, width, channels).
        latent_dim: length of a latent.
        encoder: network from pictures to `2 * latent_dim` numbers, mean and log-variance: `conv`, `dcgan`, `mlp`, a
            dictionary of the name and its options, or a `keras.Model`.
        decoder: network from latents to pictures in [-1, 1], in the role of a generator: `dcgan` or `mlp`.
        discriminator: network from pictures to one logit: `dcgan` or `mlp`.
        similarity_layer: the discriminator's layer, by name, whose output is compared; by default the input of its
            last layer. Those of the families are called features_1, features_2, ... from the picture on.
        similarity_weight: the gamma of the paper: weight of the similarity, relative to fooling the discriminator,
            in the decoder's loss.
        beta: weight of the KL term for the encoder.
        penalties: weights of penalties on the discriminator by name, as in `{"r1": 1.0}` or `r1:1`; between, and
            around, pictures and samples.
        seed: seed of the training noise.

    Raises:
        InputError: a value out of range, no such layer, or networks that do not fit.

    Source: Larsen et al. 2016, "Autoencoding beyond pixels using a learned similarity metric", algorithm 1.
    """

    spec = ModelSpec(prior="standard_normal")
    default_optimizers: ClassVar = {
        f"{player}_optimizer": OptimizerSpec("adam", learning_rate=2e-4, beta_1=0.5)
        for player in ("encoder", "decoder", "discriminator")
    }

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        latent_dim: int = 32,
        encoder: NetworkSpec = "dcgan",
        decoder: NetworkSpec = "dcgan",
        discriminator: NetworkSpec = "dcgan",
        similarity_layer: str | None = None,
        similarity_weight: float = 0.01,
        beta: float = 1.0,
        penalties: Penalties = None,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        losses_of_players = ["encoder_loss", "decoder_loss", "discriminator_loss"]
        super().__init__(seed, ["similarity", "kl", *losses_of_players, "discriminator_accuracy"], **kwargs)
        require_at_least(1, latent_dim=latent_dim)
        require_at_least(0, similarity_weight=similarity_weight, beta=beta)
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        shape = {"image_shape": self.image_shape}
        self.encoder = build_network(
            "encoder", encoder, self.image_shape, (2 * latent_dim,), outputs=2 * latent_dim, **shape
        )
        self.decoder = build_network(
            "generator", decoder, (latent_dim,), self.image_shape, latent_dim=latent_dim, **shape
        )
        self.discriminator = build_network("discriminator", discriminator, self.image_shape, (1,), **shape)
        self.judge = with_hidden(self.discriminator, similarity_layer)
        self.similarity_layer = similarity_layer
        self.similarity_weight = similarity_weight
        self.beta = beta
        self.penalties = checked_penalties(penalties)
        self.sampling = GaussianSampling()

    @property
    def players(self) -> dict[str, keras.Model]:
        return {"encoder": self.encoder, "decoder": self.decoder, "discriminator": self.discriminator}

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures in [-1, 1] reconstructed from the posterior's mean, of the shape of `images`."""
        mean, _ = self.posterior(images, training)
        return self.decoder(mean, training=training)

    def posterior(self, images: tf.Tensor, training: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and log-variance of `q(z|x)`, each (batch, latent_dim)."""
        return mean_and_log_variance(self.encoder(images, training=training))

    def moves(self, images: tf.Tensor) -> Moves:
        noise, drawn = self._noise(images, self.noise.training_rows)
        latents = self._latents(images, noise, training=True)[0]
        reconstructions, samples = (self.decoder(z, training=True) for z in (latents, drawn))
        discriminator = yield Move(
            lambda: self._discriminator_terms(images, reconstructions, samples, training=True),
            self.discriminator,
            self.discriminator_optimizer,
        )
        encoder = yield Move(
            lambda: self._encoder_terms(images, noise, training=True), self.encoder, self.encoder_optimizer
        )
        decoder = yield Move(
            lambda: self._decoder_terms(images, latents, drawn, training=True), self.decoder, self.decoder_optimizer
        )
        return {**discriminator, **decoder, **encoder}

    def evaluation(self, images: tf.Tensor) -> Terms:
        noise, drawn = self._noise(images, self.noise.evaluation_rows)
        latents = self._latents(images, noise, training=False)[0]
        reconstructions, samples = (self.decoder(z, training=False) for z in (latents, drawn))
        discriminator = self._discriminator_terms(images, reconstructions, samples, training=False)
        decoder = self._decoder_terms(images, latents, drawn, training=False)
        encoder = self._encoder_terms(images, noise, training=False)
        return {**discriminator, **decoder, **encoder}

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """`n` pictures from the prior, float32 in [-1, 1]; the seed means what it means in a bundle."""
        return self.decoder(self.prior_latents(n, seed), training=False).numpy()

    def inference_networks(self) -> dict[str, keras.Model]:
        """`encoder`: image -> mean, log_variance. `decoder`: latent -> image."""
        return variational_networks(self.posterior, self.decoder, self.image_shape, self.latent_dim)

    def _noise(self, images: tf.Tensor, rows: Callable[..., tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """The noise of the posterior and draws of the prior, each (batch, latent_dim)."""
        batch = tf.shape(images)[0]
        return rows(batch, self.latent_dim, "posterior"), rows(batch, self.latent_dim, "prior")

    def _latents(self, images: tf.Tensor, noise: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """Draws from the posterior, (batch, latent_dim), and its KL divergence from the prior, (batch,)."""
        mean, log_variance = (tf.cast(part, tf.float32) for part in self.posterior(images, training))
        return self.sampling(mean, log_variance, noise), losses.standard_normal_kl(mean, log_variance)

    def _similarity(self, images: tf.Tensor, reconstructions: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """`-log p(D_l(x)|z)`, (batch,), and the reconstructions' logits."""
        seen, _ = self.judge(images, training=training)
        received, logits = self.judge(reconstructions, training=training)
        return losses.gaussian_nll(tf.cast(seen, tf.float32), tf.cast(received, tf.float32), 1.0), logits

    def _discriminator_terms(
        self, images: tf.Tensor, reconstructions: tf.Tensor, samples: tf.Tensor, training: bool
    ) -> Terms:
        real, decoded, drawn = (
            tf.cast(self.discriminator(pictures, training=training), tf.float32)
            for pictures in (images, reconstructions, samples)
        )
        fakes = [losses.non_saturating_discriminator_loss(real, fake) for fake in (decoded, drawn)]
        loss = tf.add_n(fakes) / 2.0
        if training:
            judge = partial(self.discriminator, training=True)
            loss += penalty(self.penalties, judge, images, samples, self.noise)
        told_apart = tf.concat([real > 0, decoded < 0, drawn < 0], axis=-1)
        accuracy = tf.reduce_mean(tf.cast(told_apart, tf.float32), axis=-1)
        return {"loss": loss, "discriminator_loss": loss, "discriminator_accuracy": accuracy}

    def _encoder_terms(self, images: tf.Tensor, noise: tf.Tensor, training: bool) -> Terms:
        latents, kl = self._latents(images, noise, training)
        similarity, _ = self._similarity(images, self.decoder(latents, training=training), training)
        loss = similarity + self.beta * kl
        return {"loss": loss, "encoder_loss": loss, "similarity": similarity, "kl": kl}

    def _decoder_terms(self, images: tf.Tensor, latents: tf.Tensor, drawn: tf.Tensor, training: bool) -> Terms:
        similarity, decoded = self._similarity(images, self.decoder(latents, training=training), training)
        sampled = self.discriminator(self.decoder(drawn, training=training), training=training)
        fooling = [losses.non_saturating_generator_loss(tf.cast(logits, tf.float32)) for logits in (decoded, sampled)]
        loss = self.similarity_weight * similarity + tf.add_n(fooling) / 2.0
        return {"loss": loss, "decoder_loss": loss}
