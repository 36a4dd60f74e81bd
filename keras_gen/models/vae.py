"""The variational autoencoder."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import keras
import numpy as np
import tensorflow as tf

from keras_gen import losses
from keras_gen.layers import GaussianSampling
from keras_gen.networks import NetworkSpec, build_network
from keras_gen.training.base import BaseModel
from keras_gen.training.minimize import minimize
from keras_gen.training.optimizers import OptimizerSpec
from serving.errors import InputError
from serving.noise import standard_normal


@keras.saving.register_keras_serializable(package="keras_gen")
class VAE(BaseModel):
    """A decoder trained to explain the data, and an encoder that infers the latents behind a picture.

    Maximizes the evidence lower bound with a diagonal Gaussian posterior and a standard normal prior,

        ELBO = E_q(z|x) log p(x|z) - KL(q(z|x) || p(z)),

    by one reparameterized draw per picture. Reported per epoch, in nats per picture, summed over pixels:
    `elbo`, `reconstruction` (`-log p(x|z)`), `kl`, and `loss = reconstruction + beta * kl`.

    Args:
        image_shape: (height, width, channels).
        latent_dim: length of a latent.
        encoder: network from pictures to `2 * latent_dim` numbers, mean and log-variance: `conv`, `mlp`, a
            dictionary of the name and its options, or a `keras.Model`.
        decoder: network from latents to pictures: logits for `bernoulli`, means for `gaussian`; given like
            the encoder.
        likelihood: `bernoulli` takes a pixel for a probability, `gaussian` for a draw around the mean.
        sigma: standard deviation of a pixel under `gaussian`, where black is -1 and white is 1.
        beta: weight of the KL term in the loss.
        seed: seed of the training noise.

    Raises:
        InputError: a value out of range, or networks that do not fit.

    Source: Kingma & Welling 2013, "Auto-Encoding Variational Bayes"; beta: Higgins et al. 2017, "beta-VAE".
    """

    default_optimizers: ClassVar = {"optimizer": OptimizerSpec("adam", learning_rate=1e-3)}

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        latent_dim: int = 16,
        encoder: NetworkSpec = "conv",
        decoder: NetworkSpec = "conv",
        likelihood: Literal["bernoulli", "gaussian"] = "bernoulli",
        sigma: float = 0.1,
        beta: float = 1.0,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, ["loss", "elbo", "reconstruction", "kl"], **kwargs)
        if latent_dim < 1:
            raise InputError(f"`latent_dim` must be at least 1. Received: {latent_dim}.")
        if likelihood not in ("bernoulli", "gaussian"):
            raise InputError(f"`likelihood` must be 'bernoulli' or 'gaussian'. Received: {likelihood!r}.")
        if not sigma > 0:
            raise InputError(f"`sigma` must be positive. Received: {sigma}.")
        if not beta >= 0:
            raise InputError(f"`beta` must be at least 0. Received: {beta}.")
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        self.encoder = build_network(
            "encoder",
            encoder,
            self.image_shape,
            (2 * latent_dim,),
            image_shape=self.image_shape,
            outputs=2 * latent_dim,
        )
        self.decoder = build_network(
            "decoder",
            decoder,
            (latent_dim,),
            self.image_shape,
            latent_dim=latent_dim,
            image_shape=self.image_shape,
        )
        self.likelihood = likelihood
        self.sigma = sigma
        self.beta = beta
        self.sampling = GaussianSampling()

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures in [-1, 1] reconstructed from the posterior's mean, of the shape of `images`."""
        mean, _ = self.posterior(images, training)
        return self.pictures(self.decoder(mean, training=training))

    def posterior(self, images: tf.Tensor, training: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and log-variance of `q(z|x)`, each (batch, latent_dim)."""
        mean, log_variance = keras.ops.split(self.encoder(images, training=training), 2, axis=-1)
        return mean, log_variance

    def pictures(self, decoded: tf.Tensor) -> tf.Tensor:
        """The mean of the likelihood, in [-1, 1], from what the decoder gives."""
        if self.likelihood == "bernoulli":
            return 2.0 * keras.ops.sigmoid(decoded) - 1.0
        return keras.ops.clip(decoded, -1.0, 1.0)

    def bound(self, images: tf.Tensor, noise: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        """The terms of the bound per picture, nats, each (batch,), for one draw of the noise.

        Args:
            images: (batch, height, width, channels) in [-1, 1].
            noise: standard normal, (batch, latent_dim).
            training: mode of the networks' layers.
        """
        mean, log_variance = (tf.cast(part, tf.float32) for part in self.posterior(images, training))
        decoded = self.decoder(self.sampling(mean, log_variance, noise), training=training)
        reconstruction = self._negative_log_likelihood(images, tf.cast(decoded, tf.float32))
        kl = losses.standard_normal_kl(mean, log_variance)
        return {
            "loss": reconstruction + self.beta * kl,
            "elbo": -(reconstruction + kl),
            "reconstruction": reconstruction,
            "kl": kl,
        }

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        images, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        noise = self.noise.training_rows(tf.shape(images)[0], self.latent_dim, "posterior")
        terms = minimize(lambda: self.bound(images, noise, training=True), self, self.optimizer)
        self.noise.advance()
        return self.record(terms)

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        images, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        noise = self.noise.evaluation_rows(tf.shape(images)[0], self.latent_dim, "posterior")
        terms = self.bound(images, noise, training=False)
        self.noise.advance_evaluation()
        return self.record(terms)

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """`n` pictures from the prior, float32 in [-1, 1]; the seed means what it means in a bundle."""
        latents = standard_normal(seed, n, self.latent_dim)
        return self.pictures(self.decoder(latents, training=False)).numpy()

    def inference_networks(self) -> dict[str, keras.Model]:
        """`encoder`: image -> mean, log_variance. `decoder`: latent -> image."""
        image = keras.Input(self.image_shape, name="image")
        latent = keras.Input((self.latent_dim,), name="latent")
        mean, log_variance = self.posterior(image)
        return {
            "encoder": keras.Model({"image": image}, {"mean": mean, "log_variance": log_variance}),
            "decoder": keras.Model({"latent": latent}, {"image": self.pictures(self.decoder(latent))}),
        }

    def _negative_log_likelihood(self, images: tf.Tensor, decoded: tf.Tensor) -> tf.Tensor:
        if self.likelihood == "bernoulli":
            return losses.bernoulli_nll(images, decoded)
        return losses.gaussian_nll(images, decoded, self.sigma)
