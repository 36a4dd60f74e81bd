"""The variational autoencoder."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Literal, get_args

import keras
import numpy as np
import tensorflow as tf

from keras_gen import losses
from keras_gen.layers import (
    LIKELIHOODS,
    GaussianSampling,
    InverseAutoregressiveFlow,
    Likelihood,
    MixtureOfGaussians,
    PixelLikelihood,
    PseudoPictures,
)
from keras_gen.layers.replica import sum_over_replicas
from keras_gen.networks import NetworkSpec, build_coder
from keras_gen.training.base import BaseModel
from keras_gen.training.moves import Move, Moves, global_mean
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.regularizers import (
    POSTERIOR_REGULARIZERS,
    PosteriorRegularizer,
    Regularized,
    chosen_regularizer,
)
from keras_gen.training.spec import ModelSpec
from keras_gen.training.variational import (
    check_importance,
    draws_log_likelihood,
    kl_warmup,
    mean_and_log_variance,
    posterior_noise,
    variational_networks,
)
from keras_gen.training.variational_options import check_exclusions
from serving.common.errors import require_among, require_at_least

Estimator = Literal["pathwise", "score_function", "doubly_reparameterized"]
Objective = Literal["elbo", "simplified"]
PriorName = Literal["standard_normal", "vamp"]
PosteriorName = Literal["gaussian", "iaf"]
# What a flow needs of the draws it bends: what they were before, and by how much it stretched there.
Bent = tuple[tf.Tensor, tf.Tensor]
BASELINE_DECAY = 0.9


@keras.saving.register_keras_serializable(package="keras_gen")
class VAE(BaseModel):
    """A decoder trained to explain the data, and an encoder that infers the latents behind a picture.

    Maximizes a lower bound of the evidence with, by default, a diagonal Gaussian posterior and a standard normal prior:

        num_samples = 1:  E_q log p(x|z) - KL(q(z|x) || p(z))              (ELBO)
        num_samples = k:  E_q log (1/k) sum_i p(x, z_i) / q(z_i|x)         (importance-weighted)

    Reported per epoch, in nats per picture, summed over pixels: `loss`; `elbo` with its terms `reconstruction`
    (`-log p(x|z)`) and `kl`, for the standard normal prior and the Gaussian posterior in closed form; `sampled_elbo`,
    the same bound as the mean of `log p(x, z) - log q(z|x)`; for several samples `importance_bound`; and with a
    regularizer `regularizer`, its term before it is weighted.

    Args:
        image_shape: (height, width, channels).
        latent_dim: length of a latent.
        encoder: network from pictures to `2 * latent_dim` numbers, mean and log-variance: `conv`, `mlp`, a
            dictionary of the name and its options, or a `keras.Model`.
        decoder: network from latents to pictures: logits for the Bernoulli likelihoods, means for the others;
            given like the encoder.
        prior: `standard_normal`, or `vamp`, the mean of the posteriors of pictures that are trained with the model.
        pseudo_inputs: number of those pictures.
        posterior: `gaussian`, or `iaf`: Gaussian latents bent by an inverse autoregressive flow, whose context is a
            third part of what the encoder gives, `3 * latent_dim` numbers then.
        flow_steps: steps of that flow.
        flow_units: width of the two hidden layers of each step.
        likelihood: `p(x|z)` of a pixel: `bernoulli` for its grey value as a probability, `continuous_bernoulli` for
            values in [0, 1], `gaussian`, or `discretized_logistic` for 256 levels. Or `ms_ssim`, an energy by the
            structural similarity at several sizes; no bound of the evidence is reported then.
        sigma: scale of the last three, where black is -1 and white is 1; with null it is learned, but for the energy.
        binarize: sample every pixel as black or white in each training step, with its grey value as the probability.
        beta: weight of the KL term in the loss.
        free_nats: KL divergence per latent dimension below which it is not reduced further.
        kl_warmup_steps: training steps over which the weight of the KL term grows from 0 to `beta`.
        num_samples: samples of the posterior per picture; more than one gives the importance-weighted bound.
        importance: form of that bound: `iwae`; `miwae`, the mean over groups of samples; `ciwae`, mixed with the ELBO;
            `piwae`, by which the decoder maximizes the first and the encoder the second.
        importance_groups: groups of samples of `miwae` and `piwae`.
        elbo_share: share of the ELBO in `ciwae`.
        estimator: gradient of the encoder: `pathwise` (the reparameterization trick), `score_function`
            (REINFORCE), with a moving average as its baseline, or `doubly_reparameterized` (DReG), whose
            signal does not drown in noise with many samples.
        objective: `elbo`, or `simplified`: squared error plus `beta * sum(s^2 + m^2 - log s^2)` over the posterior's
            means m and deviations s.
        regularizer: a term beside the KL term: `tc`, the total correlation of the latents, which makes `beta` of
            beta-TCVAE of `regularizer_weight + 1`; `mmd`, the discrepancy of all latents of a batch from the prior,
            which is InfoVAE with alpha = 1 - `beta` and lambda = `regularizer_weight` + `beta`; null for none.
        regularizer_weight: weight of that term in the loss.
        seed: seed of the training noise.

    Raises:
        InputError: a value out of range, options that exclude each other, or networks that do not fit.

    Source: Kingma & Welling 2013, "Auto-Encoding Variational Bayes", and 2019, "An Introduction to VAEs"; beta:
    Higgins et al. 2017, "beta-VAE"; samples: Burda et al. 2016, "Importance Weighted Autoencoders"; their forms:
    Rainforth et al. 2018, "Tighter Variational Bounds are Not Necessarily Better"; score function: Mohamed et al. 2020,
    "Monte Carlo Gradient Estimation"; DReG: Tucker et al. 2019, "Doubly Reparameterized Gradient Estimators"; free
    nats, iaf: Kingma et al. 2016, "IAF"; tc: Chen et al. 2018, "Isolating Sources of Disentanglement in VAEs"; mmd:
    Zhao et al. 2019, "InfoVAE"; vamp: Tomczak & Welling 2018, "VAE with a VampPrior".
    """

    spec = ModelSpec(prior="standard_normal")
    default_optimizers: ClassVar = {"optimizer": OptimizerSpec("adam", learning_rate=1e-3)}

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        latent_dim: int = 16,
        encoder: NetworkSpec = "conv",
        decoder: NetworkSpec = "conv",
        prior: PriorName = "standard_normal",
        pseudo_inputs: int = 500,
        posterior: PosteriorName = "gaussian",
        flow_steps: int = 2,
        flow_units: int = 128,
        likelihood: Likelihood = "bernoulli",
        sigma: float | None = 0.1,
        binarize: bool = False,
        beta: float = 1.0,
        free_nats: float = 0.0,
        kl_warmup_steps: int = 0,
        num_samples: int = 1,
        importance: losses.Importance = "iwae",
        importance_groups: int = 1,
        elbo_share: float = 0.5,
        estimator: Estimator = "pathwise",
        objective: Objective = "elbo",
        regularizer: PosteriorRegularizer = None,
        regularizer_weight: float = 1.0,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        found = chosen_regularizer(POSTERIOR_REGULARIZERS, regularizer, regularizer_weight)
        normalized = LIKELIHOODS.find(likelihood).normalized
        reports = ["loss", *["elbo", "sampled_elbo"] * normalized, "reconstruction", "kl"]
        reports += ["importance_bound"] * (normalized and num_samples > 1) + ["regularizer"] * bool(found)
        super().__init__(seed, reports, **kwargs)
        require_at_least(1, num_samples=num_samples)
        require_at_least(0, beta=beta, free_nats=free_nats, kl_warmup_steps=kl_warmup_steps)
        require_among(get_args(Estimator), estimator=estimator)
        require_among(get_args(Objective), objective=objective)
        require_among(get_args(PriorName), prior=prior)
        require_among(get_args(PosteriorName), posterior=posterior)
        require_at_least(1, flow_steps=flow_steps, flow_units=flow_units)
        check_exclusions(
            {
                "prior": prior,
                "posterior": posterior,
                "likelihood": likelihood,
                "sigma": sigma,
                "beta": beta,
                "free_nats": free_nats,
                "kl_warmup_steps": kl_warmup_steps,
                "num_samples": num_samples,
                "importance": importance,
                "estimator": estimator,
                "objective": objective,
                "regularizer": regularizer,
            }
        )
        check_importance(importance, num_samples, importance_groups, elbo_share)
        coupled = bool(found and found.couples_examples)
        self.spec = replace(
            self.spec,
            likelihood=likelihood if normalized else None,
            binarizes=binarize,
            couples_examples=coupled,
        )
        if prior == "vamp":
            self.spec = replace(self.spec, prior="mixture")
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        told = (3 if posterior == "iaf" else 2) * latent_dim
        self.encoder, self.decoder = build_coder(encoder, decoder, self.image_shape, latent_dim, outputs=told)
        self.pixels = PixelLikelihood(likelihood, sigma, self.image_shape, name="pixels")
        self.prior = prior
        self.pseudo_inputs = pseudo_inputs
        self.pseudo = PseudoPictures(pseudo_inputs, self.image_shape, seed) if prior == "vamp" else None
        self.posterior = posterior
        self.flow_steps = flow_steps
        self.flow_units = flow_units
        self.flow = None
        if posterior == "iaf":
            self.flow = InverseAutoregressiveFlow(latent_dim, flow_steps, flow_units, seed, name="flow")
        self.likelihood = likelihood
        self.sigma = sigma
        self.binarize = binarize
        self.beta = beta
        self.free_nats = free_nats
        self.kl_warmup_steps = kl_warmup_steps
        self.num_samples = num_samples
        self.importance = importance
        self.importance_groups = importance_groups
        self.elbo_share = elbo_share
        self.weighted = num_samples > 1 or estimator == "doubly_reparameterized"
        # What of the bound's gradient each network takes: both the same, where nothing else was asked for.
        self.split = importance != "iwae" or estimator == "doubly_reparameterized"
        self.estimator = estimator
        self.objective = objective
        self.regularizer = regularizer
        self.regularizer_weight = regularizer_weight
        self.regularize = found.value if found else None
        self.sampling = GaussianSampling()
        self.baseline = self.add_weight(
            name="baseline", shape=(), initializer="zeros", trainable=False, aggregation="only_first_replica"
        )

    def load_own_variables(self, store: Mapping[str, np.ndarray]) -> None:
        """Keras loads the baseline; files from before there was one leave it at zero."""
        if store.keys():
            super().load_own_variables(store)

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures in [-1, 1] reconstructed from the posterior's mean, of the shape of `images`."""
        mean, _ = self.posterior_of(images, training)
        return self.pixels(self.decoder(mean, training=training))

    def posterior_of(self, images: tf.Tensor, training: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and log-variance of `q(z|x)`, each (batch, latent_dim): what is exported.

        Of the posterior iaf they are those of one Gaussian in its place: at what the flow makes of the mean, and as
        wide as the flow leaves each latent there, so that both have the same volume.
        """
        if self.flow is None:
            return mean_and_log_variance(self.encoder(images, training=training))
        mean, log_variance, context = keras.ops.split(self.encoder(images, training=training), 3, axis=-1)
        middle, log_gates = self.flow(mean, context)
        return middle, keras.ops.cast(log_variance, "float32") + 2.0 * log_gates

    def log_weights(self, images: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        """`log p(x, z) - log q(z|x)` of draws from the posterior, nats, (batch, samples).

        Args:
            images: (batch, height, width, channels) in [-1, 1].
            noise: standard normal, (batch, samples, latent_dim).
        """
        latents, mean, log_variance, bent = self._inferred(images, noise, training=False)
        return self._weigh(images, latents, mean, log_variance, bent, training=False)[1]

    def bound(self, images: tf.Tensor, noise: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        """The bound and its terms per picture, nats, each (batch,).

        Args:
            images: (batch, height, width, channels) in [-1, 1].
            noise: standard normal, (batch, samples, latent_dim).
            training: mode of the networks' layers; also whether the warm-up of the KL term applies.
        """
        latents, mean, log_variance, bent = self._inferred(images, noise, training)
        if self.estimator == "score_function":
            latents = tf.stop_gradient(latents)
        # Where gradients are split, the decoder's latents are cut off from the encoder.
        decoded = tf.stop_gradient(latents) if self.split else latents
        with tf.GradientTape() as tape:
            tape.watch(decoded)
            log_likelihood, log_weights = self._weigh(images, decoded, mean, log_variance, bent, training)
        reconstruction = -tf.reduce_mean(log_likelihood, axis=-1)
        kl = self._kl(latents, mean, log_variance, bent)
        terms = {
            "elbo": -(reconstruction + kl),
            "sampled_elbo": tf.reduce_mean(log_weights, axis=-1),
            "reconstruction": reconstruction,
            "kl": kl,
            "importance_bound": losses.importance_bound(log_weights, *self._form()),
        }
        if self.weighted:
            loss = -terms["importance_bound"]
            if self.split and training:
                to_latents = partial(tape.gradient, log_likelihood, decoded)
                gradient = self._split(log_likelihood, log_weights, to_latents, latents, mean, log_variance)
                loss = tf.stop_gradient(loss) - (gradient - tf.stop_gradient(gradient))
            return {**terms, "loss": loss}
        if self.objective == "simplified":
            return {**terms, "loss": self._simplified(reconstruction, kl, training)}
        loss = reconstruction + self._kl_weight(training) * (
            losses.standard_normal_kl(mean, log_variance, self.free_nats) if self.free_nats else kl
        )
        if self.estimator == "score_function":
            loss += self._score_term(latents, mean, log_variance, reconstruction)
        if self.regularize:
            terms["regularizer"] = self._regularizer(latents[:, 0], mean, log_variance, training)
            loss += self.regularizer_weight * terms["regularizer"]
        return {**terms, "loss": loss}

    def moves(self, images: tf.Tensor) -> Moves:
        images, noise = self._draw(images, self.noise.training_rows)
        return (yield Move(lambda: self.bound(images, noise, training=True), self, self.optimizer))

    def end_step(self, values: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        if self.estimator == "score_function":
            mean_cost = sum_over_replicas(global_mean(values["reconstruction"]))
            self.baseline.assign(BASELINE_DECAY * self.baseline + (1.0 - BASELINE_DECAY) * mean_cost)
        return super().end_step(values)

    def evaluation(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        return self.bound(*self._draw(images, self.noise.evaluation_rows), training=False)

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """`n` pictures from the prior, float32 in [-1, 1]; the seed means what it means in a bundle."""
        return self.pixels(self.decoder(self.prior_latents(n, seed), training=False)).numpy()

    def prior_network(self) -> keras.Model | None:
        """`noise` -> `latent` for the prior vamp, as it is now; None for the standard normal prior."""
        if self.pseudo is None:
            return None
        means, log_variances = (part.numpy() for part in self._of_pseudo_inputs())
        layer = MixtureOfGaussians(self.latent_dim, self.pseudo_inputs)
        variances = np.exp(log_variances)[:, :, None] * np.eye(self.latent_dim)
        layer.describe(np.full(self.pseudo_inputs, 1.0 / self.pseudo_inputs), means, variances)
        noise = keras.Input((layer.noise_size,), name="noise")
        return keras.Model({"noise": noise}, {"latent": layer(noise)})

    def pixel_scale(self) -> float | None:
        return self.pixels.scale

    def inference_networks(self) -> dict[str, keras.Model]:
        """`encoder`: image -> mean, log_variance. `decoder`: latent -> image."""
        return variational_networks(
            self.posterior_of, lambda latent: self.pixels(self.decoder(latent)), self.image_shape, self.latent_dim
        )

    def _inferred(
        self, images: tf.Tensor, noise: tf.Tensor, training: bool
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, Bent | None]:
        """Draws from the posterior, (batch, samples, size); mean and log-variance of its Gaussian, (batch, size); and
        where a flow bends that Gaussian, what was drawn of it, and the logarithm of how much the flow stretches there,
        (batch, samples)."""
        if self.flow is None:
            mean, log_variance = (tf.cast(part, tf.float32) for part in self.posterior_of(images, training))
            return self.sampling(mean[:, None], log_variance[:, None], noise), mean, log_variance, None
        parts = tf.cast(self.encoder(images, training=training), tf.float32)
        mean, log_variance, context = tf.split(parts, 3, axis=-1)
        drawn = self.sampling(mean[:, None], log_variance[:, None], noise)
        latents, log_gates = self.flow(drawn, context[:, None])
        return latents, mean, log_variance, (drawn, tf.reduce_sum(log_gates, axis=-1))

    def _weigh(
        self,
        images: tf.Tensor,
        latents: tf.Tensor,
        mean: tf.Tensor,
        log_variance: tf.Tensor,
        bent: Bent | None,
        training: bool,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """`log p(x|z)` and `log p(x, z) - log q(z|x)`, each (batch, samples), of latents (batch, samples, size)."""
        decode = partial(self.decoder, training=training)
        log_likelihood = draws_log_likelihood(self.pixels, decode, images, latents)
        return log_likelihood, self._beside(log_likelihood, latents, mean, log_variance, bent)

    def _beside(
        self,
        log_likelihood: tf.Tensor | float,
        latents: tf.Tensor,
        mean: tf.Tensor,
        log_variance: tf.Tensor,
        bent: Bent | None,
    ) -> tf.Tensor:
        """`log p(x, z) - log q(z|x)`, (batch, samples); where a flow bends draws, the density is that of what was
        drawn, divided by how much the flow stretches there."""
        log_prior = self._log_prior(latents)
        if bent is not None:
            latents_before, log_stretch = bent
            log_prior = losses.normal_log_density(latents, 0.0, 0.0) + log_stretch
            latents = latents_before
        return losses.log_importance_weights(log_likelihood, latents, mean[:, None], log_variance[:, None], log_prior)

    def _of_pseudo_inputs(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and log-variance of the components of the prior, each (pseudo_inputs, latent_dim), float32."""
        assert self.pseudo is not None, "of the prior vamp"
        mean, log_variance = self.posterior_of(self.pseudo.pictures())
        return tf.cast(mean, tf.float32), tf.cast(log_variance, tf.float32)

    def _log_prior(self, latents: tf.Tensor) -> tf.Tensor | None:
        """`log p(z)`, (batch, samples); None for the standard normal prior."""
        return None if self.pseudo is None else losses.mixture_log_density(latents, *self._of_pseudo_inputs())

    def _kl(self, latents: tf.Tensor, mean: tf.Tensor, log_variance: tf.Tensor, bent: Bent | None) -> tf.Tensor:
        """In closed form where there is one, else by the draws; nats, (batch,)."""
        if self.pseudo is None and bent is None:
            return losses.standard_normal_kl(mean, log_variance)
        return -tf.reduce_mean(self._beside(0.0, latents, mean, log_variance, bent), axis=-1)

    def _draw(self, images: tf.Tensor, rows: Callable[..., tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """The step's pictures, binarized if asked, and the noise of their latents, (batch, samples, latent_dim)."""
        return posterior_noise(images, rows, self.latent_dim, self.binarize, self.num_samples)

    def _form(self) -> tuple[losses.Importance, int, float]:
        return self.importance, self.importance_groups, self.elbo_share

    def _split(
        self,
        log_likelihood: tf.Tensor,
        log_weights: tf.Tensor,
        to_latents: Callable[..., tf.Tensor],
        latents: tf.Tensor,
        mean: tf.Tensor,
        log_variance: tf.Tensor,
    ) -> tf.Tensor:
        """What has the gradients of the bound, (batch,), the decoder's and the encoder's each by its own shares.

        Args:
            log_likelihood: `log p(x|z)`, (batch, samples), through which gradients reach the decoder alone.
            log_weights: (batch, samples).
            to_latents: from what each log-likelihood counts to the gradient in the latents.
            latents: (batch, samples, size), through which gradients reach the encoder.
            mean: of the posterior, (batch, size).
            log_variance: likewise.
        """
        doubly = self.estimator == "doubly_reparameterized"
        of_decoder = losses.importance_shares(log_weights, *self._form())
        of_encoder = losses.importance_shares(log_weights, *self._form(), encoder=True, doubly=doubly)
        slope = tf.stop_gradient(to_latents(output_gradients=of_encoder))
        if doubly:
            mean, log_variance = tf.stop_gradient(mean), tf.stop_gradient(log_variance)
        beside = self._beside(0.0, latents, mean, log_variance, None)
        through_latents = tf.reduce_sum(slope * latents, axis=-1) + of_encoder * beside
        return tf.reduce_sum(of_decoder * log_likelihood + through_latents, axis=-1)

    def _kl_weight(self, training: bool) -> float | tf.Tensor:
        return self.beta * kl_warmup(self.noise.step, self.kl_warmup_steps, training)

    def _regularizer(self, latents: tf.Tensor, mean: tf.Tensor, log_variance: tf.Tensor, training: bool) -> tf.Tensor:
        """The regularizer's term, (batch,)."""
        rows = self.noise.training_rows if training else self.noise.evaluation_rows
        decode, draw = partial(self.decoder, training=training), partial(rows, tf.shape(latents)[0])
        assert self.regularize is not None, "called where there is one"
        return self.regularize(Regularized(latents, self.decoder, decode, draw, mean, log_variance))

    def _simplified(self, reconstruction: tf.Tensor, kl: tf.Tensor, training: bool) -> tf.Tensor:
        """`|x - x'|^2 + beta * sum(s^2 + m^2 - log s^2)`, (batch,): the Gaussian without scale and constants."""
        scale = tf.convert_to_tensor(self.sigma)
        constant = math.prod(self.image_shape) * (tf.math.log(scale) + 0.5 * math.log(2.0 * math.pi))
        squared_error = 2.0 * tf.square(scale) * (reconstruction - constant)
        return squared_error + self._kl_weight(training) * (2.0 * kl + self.latent_dim)

    def _score_term(self, latents: tf.Tensor, mean: tf.Tensor, log_variance: tf.Tensor, cost: tf.Tensor) -> tf.Tensor:
        """Zero, (batch,), with the gradient `(cost - baseline) * grad log q(z|x)`."""
        log_posterior = losses.normal_log_density(latents[:, 0], mean, log_variance)
        advantage = tf.stop_gradient(cost - tf.convert_to_tensor(self.baseline))
        return advantage * (log_posterior - tf.stop_gradient(log_posterior))
