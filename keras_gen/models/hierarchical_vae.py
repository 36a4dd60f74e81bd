"""The hierarchical variational autoencoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_gen import losses
from keras_gen.layers import LIKELIHOODS, Inferred, LatentLevels, Likelihood, Merge, PixelLikelihood
from keras_gen.networks import NetworkSpec, build_coder
from keras_gen.training.base import BaseModel
from keras_gen.training.moves import Move, Moves
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.spec import ModelSpec
from keras_gen.training.variational import draws_log_likelihood, kl_warmup, posterior_noise, variational_networks
from keras_gen.training.variational_options import Exclusion, check_exclusions
from serving.common.errors import require_at_least

WEIGHTED = Exclusion(
    lambda of: of.num_samples > 1 and (of.beta != 1 or of.free_nats or of.kl_warmup_steps),
    "the importance-weighted bound must have beta=1, free_nats=0 and kl_warmup_steps=0",
    ("num_samples", "beta", "free_nats", "kl_warmup_steps"),
)


@keras.saving.register_keras_serializable(package="keras_gen")
class HierarchicalVAE(BaseModel):
    """A VAE whose latents are in levels: those above say where those below are to be expected, which is learned.

    The prior of the top level is standard normal, that of a level below a Gaussian of the latents above it. The
    posterior goes down the levels likewise, and knows features of the picture as well. What is sampled, encoded and
    exported as the latent is the noise of all levels, the top level first, which is standard normal; the decoder that
    is exported begins with the networks from noise to latents.

        num_samples = 1:  E_q log p(x|z) - sum_l E_q KL(q(z_l|x, z above) || p(z_l|z above))
        num_samples = k:  E_q log (1/k) sum_i p(x, z_i) / q(z_i|x)

    Reported per epoch, in nats per picture: `loss`; `elbo` with its terms `reconstruction` and `kl`; `kl_1`, `kl_2`
    and so on, what each level has of `kl`, the top level first: a level at 0 is not used; and for several samples
    `importance_bound`.

    Args:
        image_shape: (height, width, channels).
        level_sizes: latents of each level, the top level first.
        level_units: features of a picture, and width of the hidden layers between levels.
        merge: how the posterior of a level is told: `precision`, a Gaussian from the features alone, times the prior;
            `residual`, by how much it differs from the prior, from the features and the levels above.
        encoder: network from pictures to `level_units` numbers: `conv`, `mlp`, a dictionary of the name and its
            options, or a `keras.Model`.
        decoder: network from the latents of all levels to pictures; given like the encoder.
        likelihood: as in `vae`.
        sigma: as in `vae`.
        binarize: as in `vae`.
        beta: weight of the KL term in the loss.
        free_nats: KL divergence of each level, whatever its size, below which that of a picture is not reduced further.
        kl_warmup_steps: training steps over which the weight of the KL term grows from 0 to `beta`.
        num_samples: samples of the posterior per picture; more than one gives the importance-weighted bound.
        seed: seed of the training noise.

    Raises:
        InputError: a value out of range, options that exclude each other, or networks that do not fit.

    Source: Sønderby et al. 2016, "Ladder Variational Autoencoders"; free nats: Kingma et al. 2016, "IAF", equation 15,
    per picture; residual: Vahdat & Kautz 2020, "NVAE", section 3.2; samples: Burda et al. 2016, "Importance Weighted
    Autoencoders".
    """

    spec = ModelSpec(prior="standard_normal")
    default_optimizers: ClassVar = {"optimizer": OptimizerSpec("adam", learning_rate=1e-3)}

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        level_sizes: Sequence[int] = (8, 16),
        level_units: int = 256,
        merge: Merge = "precision",
        encoder: NetworkSpec = "conv",
        decoder: NetworkSpec = "conv",
        likelihood: Likelihood = "bernoulli",
        sigma: float | None = 0.1,
        binarize: bool = False,
        beta: float = 1.0,
        free_nats: float = 0.0,
        kl_warmup_steps: int = 0,
        num_samples: int = 1,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        normalized = LIKELIHOODS.find(likelihood).normalized
        levels = [f"kl_{level}" for level in range(1, len(level_sizes) + 1)]
        reports = ["loss", *["elbo"] * normalized, "reconstruction", "kl", *levels]
        super().__init__(seed, reports + ["importance_bound"] * (normalized and num_samples > 1), **kwargs)
        require_at_least(1, num_samples=num_samples)
        require_at_least(0, beta=beta, free_nats=free_nats, kl_warmup_steps=kl_warmup_steps)
        weighing = {"beta": beta, "free_nats": free_nats, "kl_warmup_steps": kl_warmup_steps}
        check_exclusions({"num_samples": num_samples, **weighing}, [WEIGHTED])
        self.spec = replace(self.spec, likelihood=likelihood if normalized else None, binarizes=binarize)
        self.image_shape = tuple(image_shape)
        self.levels = LatentLevels(level_sizes, level_units, merge, name="levels")
        self.latent_dim = sum(level_sizes)
        self.encoder, self.decoder = build_coder(
            encoder, decoder, self.image_shape, self.latent_dim, outputs=level_units
        )
        self.pixels = PixelLikelihood(likelihood, sigma, self.image_shape, name="pixels")
        self.level_sizes = tuple(level_sizes)
        self.level_units = level_units
        self.merge = merge
        self.likelihood = likelihood
        self.sigma = sigma
        self.binarize = binarize
        self.beta = beta
        self.free_nats = free_nats
        self.kl_warmup_steps = kl_warmup_steps
        self.num_samples = num_samples

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures in [-1, 1] reconstructed from the posterior's mean, of the shape of `images`."""
        latents = self.levels.infer(self.encoder(images, training=training)).latents
        return self.pixels(self.decoder(latents, training=training))

    def posterior(self, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and log-variance of the noise of all levels given a picture, each (batch, latent_dim): of a level those
        where every level above is at its mean."""
        inferred = self.levels.infer(self.encoder(images))
        return inferred.mean, inferred.log_variance

    def log_weights(self, images: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        """`log p(x, z) - log q(z|x)` of draws from the posterior, nats, (batch, samples).

        Args:
            images: (batch, height, width, channels) in [-1, 1].
            noise: standard normal, (batch, samples, latent_dim).
        """
        inferred, log_likelihood = self._drawn(images, noise, training=False)
        return _weights(inferred, log_likelihood)

    def bound(self, images: tf.Tensor, noise: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        """The bound and its terms per picture, nats, each (batch,).

        Args:
            images: (batch, height, width, channels) in [-1, 1].
            noise: standard normal, (batch, samples, latent_dim).
            training: mode of the networks' layers; also whether the warm-up of the KL term applies.
        """
        inferred, log_likelihood = self._drawn(images, noise, training)
        reconstruction = -tf.reduce_mean(log_likelihood, axis=-1)
        parts = zip(self.levels.split(inferred.mean), self.levels.split(inferred.log_variance), strict=True)
        levels = [tf.reduce_mean(losses.standard_normal_kl(*part), axis=-1) for part in parts]
        kl = tf.add_n(levels)
        terms = {"elbo": -(reconstruction + kl), "reconstruction": reconstruction, "kl": kl}
        terms |= {f"kl_{number}": level for number, level in enumerate(levels, start=1)}
        if self.num_samples > 1:
            bound = losses.importance_bound(_weights(inferred, log_likelihood), "iwae")
            return {**terms, "importance_bound": bound, "loss": -bound}
        charged = tf.add_n([tf.maximum(level, self.free_nats) for level in levels])
        weight = self.beta * kl_warmup(self.noise.step, self.kl_warmup_steps, training)
        return {**terms, "loss": reconstruction + weight * charged}

    def moves(self, images: tf.Tensor) -> Moves:
        images, noise = self._draw(images, self.noise.training_rows)
        return (yield Move(lambda: self.bound(images, noise, training=True), self, self.optimizer))

    def evaluation(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        return self.bound(*self._draw(images, self.noise.evaluation_rows), training=False)

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """`n` pictures from the prior, float32 in [-1, 1]; the seed means what it means in a bundle."""
        return self._picture(self.prior_latents(n, seed)).numpy()

    def pixel_scale(self) -> float | None:
        return self.pixels.scale

    def inference_networks(self) -> dict[str, keras.Model]:
        """`encoder`: image -> mean, log_variance. `decoder`: latent -> image. Both of the noise of all levels."""
        return variational_networks(self.posterior, self._picture, self.image_shape, self.latent_dim)

    def _picture(self, noise: keras.KerasTensor) -> keras.KerasTensor:
        return self.pixels(self.decoder(self.levels(noise)))

    def _drawn(self, images: tf.Tensor, noise: tf.Tensor, training: bool) -> tuple[Inferred, tf.Tensor]:
        """Draws from the posterior, (batch, samples, latent_dim), and their `log p(x|z)`, (batch, samples)."""
        features = self.encoder(images, training=training)
        inferred = self.levels.infer(features[:, None], noise)
        decode = partial(self.decoder, training=training)
        return inferred, draws_log_likelihood(self.pixels, decode, images, inferred.latents)

    def _draw(self, images: tf.Tensor, rows: Callable[..., tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """The step's pictures, binarized if asked, and the noise of their latents, (batch, samples, latent_dim)."""
        return posterior_noise(images, rows, self.latent_dim, self.binarize, self.num_samples)


def _weights(inferred: Inferred, log_likelihood: tf.Tensor) -> tf.Tensor:
    """`log p(x, z) - log q(z|x)`, (batch, samples); as densities of the noise, by which both change alike."""
    return losses.log_importance_weights(log_likelihood, inferred.noise, inferred.mean, inferred.log_variance)
