"""The adversarial autoencoder that clusters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import keras
import tensorflow as tf

from keras_gen.layers import InfoPrior, Likelihood, PixelLikelihood
from keras_gen.networks import NetworkSpec, build_network
from keras_gen.training.adversarial import AdversarialModel
from keras_gen.training.moves import Move, Moves
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.pieces import decoding_network, fooling_loss, together, told_apart
from keras_gen.training.spec import ModelSpec
from serving.common.errors import require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class ClusteringAAE(AdversarialModel):
    """An autoencoder with a cluster and a style in its code, which sorts pictures into clusters without labels.

    As `semi_supervised_aae` without labels: the encoder gives probabilities of the clusters and a style. In each
    training step a discriminator of clusters moves, which tells probabilities from one-hot codes of equally likely
    clusters, then one of styles, which tells them from normal draws. Then encoder and decoder together minimize the
    reconstruction error and the loss of fooling both. Reported per epoch: `reconstruction`, nats per picture,
    `generator_loss`, and `cluster_discriminator_loss` and `style_discriminator_loss` (2 log 2 = 1.386 where they can
    only guess).

    A latent has the cluster first, as a one-hot code, then the style.

    Args:
        image_shape: (height, width, channels).
        latent_dim: length of a latent: the clusters and the numbers of the style.
        clusters: how many clusters; more than there are classes find purer ones.
        encoder: network from pictures to logits of the clusters and styles: `conv`, `mlp`, a dictionary of the name and
            its options, or a `keras.Model`.
        decoder: network from latents, clusters one-hot or as probabilities, to pictures; given like the encoder.
        cluster_discriminator: network from probabilities of the clusters to one logit: `mlp`, given like the encoder.
        style_discriminator: network from styles to one logit; likewise.
        likelihood: of the reconstruction, as in `vae`.
        sigma: as in `vae`.
        adversarial_weight: weight of fooling the discriminators, relative to the reconstruction error in nats.
        seed: seed of the training noise.

    Raises:
        InputError: fewer than two clusters, a latent without a style, a value out of range, or networks that do not
            fit.

    Source: Makhzani et al. 2016, "Adversarial Autoencoders", section 6, with the moves of the encoder as one.
    """

    spec = ModelSpec(prior="codes")
    default_optimizers: ClassVar = {
        "autoencoder_optimizer": OptimizerSpec("adam", learning_rate=1e-3),
        "cluster_discriminator_optimizer": OptimizerSpec("adam", learning_rate=1e-3, beta_1=0.5),
        "style_discriminator_optimizer": OptimizerSpec("adam", learning_rate=1e-3, beta_1=0.5),
    }

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        latent_dim: int = 21,
        clusters: int = 16,
        encoder: NetworkSpec = "conv",
        decoder: NetworkSpec = "conv",
        cluster_discriminator: NetworkSpec = "mlp",
        style_discriminator: NetworkSpec = "mlp",
        likelihood: Likelihood = "bernoulli",
        sigma: float | None = 0.1,
        adversarial_weight: float = 10.0,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        reports = ["reconstruction", "generator_loss", "cluster_discriminator_loss", "style_discriminator_loss"]
        super().__init__(seed, reports, **kwargs)
        require_at_least(2, clusters=clusters)
        require_at_least(0, adversarial_weight=adversarial_weight)
        self.spec = replace(self.spec, clusters=range(clusters))
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        self.draw = InfoPrior(latent_dim, continuous=0, categories=clusters)
        style, shape = latent_dim - clusters, {"image_shape": self.image_shape}
        self.encoder = build_network("encoder", encoder, self.image_shape, (latent_dim,), outputs=latent_dim, **shape)
        self.decoder = build_network(
            "decoder", decoder, (latent_dim,), self.image_shape, latent_dim=latent_dim, **shape
        )
        self.cluster_discriminator = build_network(
            "code_discriminator", cluster_discriminator, (clusters,), (1,), size=clusters
        )
        self.style_discriminator = build_network("code_discriminator", style_discriminator, (style,), (1,), size=style)
        self.pixels = PixelLikelihood(likelihood, sigma, self.image_shape, name="pixels")
        self.autoencoder = together(self.encoder, keras.Sequential([self.decoder, self.pixels]))
        self.clusters = clusters
        self.likelihood = likelihood
        self.sigma = sigma
        self.adversarial_weight = adversarial_weight

    @property
    def players(self) -> dict[str, keras.Model]:
        return {
            "autoencoder": self.autoencoder,
            "cluster_discriminator": self.cluster_discriminator,
            "style_discriminator": self.style_discriminator,
        }

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Reconstructions in [-1, 1], of the shape of `images`."""
        return self.pixels(self.decoder(self._encode(images, training), training=training))

    def moves(self, images: tf.Tensor) -> Moves:
        drawn = self._draw(images, self.noise.training_rows)
        codes = self._encode(images, training=True)
        of_cluster = yield Move(
            lambda: told_apart(self.cluster_discriminator, self._cluster(drawn), self._cluster(codes)),
            self.cluster_discriminator,
            self.cluster_discriminator_optimizer,
        )
        of_style = yield Move(
            lambda: told_apart(self.style_discriminator, self._style(drawn), self._style(codes)),
            self.style_discriminator,
            self.style_discriminator_optimizer,
        )
        autoencoder = yield Move(
            lambda: self._autoencoder_terms(images, training=True), self.autoencoder, self.autoencoder_optimizer
        )
        return self._reported(autoencoder, of_cluster, of_style)

    def evaluation(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        drawn = self._draw(images, self.noise.evaluation_rows)
        codes = self._encode(images, training=False)
        of_cluster = told_apart(self.cluster_discriminator, self._cluster(drawn), self._cluster(codes), training=False)
        of_style = told_apart(self.style_discriminator, self._style(drawn), self._style(codes), training=False)
        return self._reported(self._autoencoder_terms(images, training=False), of_cluster, of_style)

    def prior_network(self) -> keras.Model:
        """`noise` -> `latent`, a cluster and a style."""
        noise = keras.Input((self.draw.noise_size,), name="noise")
        return keras.Model({"noise": noise}, {"latent": self.draw(noise)})

    def inference_networks(self) -> dict[str, keras.Model]:
        """`encoder`: image -> code, probabilities of the clusters and then the style. `decoder`: latent -> image."""
        image = keras.Input(self.image_shape, name="image")
        return {
            "encoder": keras.Model({"image": image}, {"code": self._encode(image, training=False)}),
            **decoding_network(lambda latent: self.pixels(self.decoder(latent, training=False)), self.latent_dim),
        }

    def _draw(self, images: tf.Tensor, rows: Callable[..., tf.Tensor]) -> tf.Tensor:
        """Latents of the prior, as many as there are images."""
        return self.draw(rows(tf.shape(images)[0], self.draw.noise_size, "prior"))

    def _encode(self, images: tf.Tensor, training: bool) -> tf.Tensor:
        """Codes (batch, latent_dim), float32: probabilities of the clusters, then styles."""
        codes = keras.ops.cast(self.encoder(images, training=training), "float32")
        return keras.ops.concatenate([keras.ops.softmax(self._cluster(codes)), self._style(codes)], axis=-1)

    def _cluster(self, codes: tf.Tensor) -> tf.Tensor:
        return codes[:, : self.clusters]

    def _style(self, codes: tf.Tensor) -> tf.Tensor:
        return codes[:, self.clusters :]

    def _autoencoder_terms(self, images: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        codes = self._encode(images, training)
        decoded = tf.cast(self.decoder(codes, training=training), tf.float32)
        reconstruction = self.pixels.negative_log_likelihood(images, decoded)
        fooling = fooling_loss(self.cluster_discriminator, self._cluster(codes), training)
        fooling += fooling_loss(self.style_discriminator, self._style(codes), training)
        return {
            "loss": reconstruction + self.adversarial_weight * fooling,
            "reconstruction": reconstruction,
            "generator_loss": fooling,
        }

    @staticmethod
    def _reported(
        autoencoder: dict[str, tf.Tensor], of_cluster: dict[str, tf.Tensor], of_style: dict[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        judges = {"cluster_discriminator_loss": of_cluster["loss"], "style_discriminator_loss": of_style["loss"]}
        return {**autoencoder, **judges}
