"""Several answers to one picture: a latent beside it, and what keeps a generator from ignoring the latent."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from keras_gen import losses
from keras_gen.layers.training_noise import TrainingNoise
from keras_gen.networks import NetworkSpec, build_network
from keras_gen.networks.tiling import beside_latent
from keras_gen.training.pieces import together
from serving.common.errors import InputError, require_at_least
from serving.common.noise import standard_normal

# Of the largest value, what float32 may make of equal answers.
SAME = 1e-4
Generate = Callable[[tf.Tensor], tf.Tensor]


class Answers:
    """The latents of a translator, and the losses that make it use them.

    Args:
        noise_dim: length of a latent; 0 for a translator with one answer, to which this adds nothing.
        diversity_weight: weight of the mode seeking loss, between the answers of two latents.
        recovery_weight: weight of the mean absolute error of the latent that the encoder recovers from an answer.
        encoder: network from pictures to latents, of the role `encoder`.
        image_shape: (height, width, channels) of the answers.
        noise: of the model.

    Raises:
        InputError: a value out of range, or an encoder that does not fit.

    Source: Zhu et al. 2017, "Toward Multimodal Image-to-Image Translation", equation 6 (latent regression); Mao et al.
    2019, equation 3.
    """

    def __init__(
        self,
        noise_dim: int,
        diversity_weight: float,
        recovery_weight: float,
        encoder: NetworkSpec,
        image_shape: tuple[int, ...],
        noise: TrainingNoise,
    ) -> None:
        require_at_least(0, noise_dim=noise_dim, diversity_weight=diversity_weight, recovery_weight=recovery_weight)
        self.size = noise_dim
        self.diversity_weight = diversity_weight
        self.recovery_weight = recovery_weight
        self.noise = noise
        self.image_shape = image_shape
        self.encoder: keras.Model | None = None
        if noise_dim and recovery_weight:
            self.encoder = build_network(
                "encoder", encoder, image_shape, (noise_dim,), outputs=noise_dim, image_shape=image_shape
            )

    def drawn(self, images: tf.Tensor, purpose: str) -> tf.Tensor | None:
        """Latents of a training step for pictures, (batch, noise_dim); None without noise."""
        return self.noise.training_rows(tf.shape(images)[0], self.size, purpose) if self.size else None

    def evaluated(self, images: tf.Tensor) -> tf.Tensor | None:
        """Latents of an evaluation, as `drawn`."""
        return self.noise.evaluation_rows(tf.shape(images)[0], self.size, "latents") if self.size else None

    def of_seed(self, images: np.ndarray, seed: int) -> np.ndarray | None:
        """A latent of a seed for each picture, as `drawn`."""
        return standard_normal(seed, len(images), self.size) if self.size else None

    def given(self, images: tf.Tensor, latents: tf.Tensor | None) -> tf.Tensor:
        """What the generator is given."""
        return images if latents is None else beside_latent(images, latents)

    def given_mean(self, images: tf.Tensor) -> tf.Tensor:
        """What the generator is given with the latent 0."""
        return self.given(images, tf.zeros((tf.shape(images)[0], self.size)) if self.size else None)

    def with_encoder(self, *networks: keras.Model) -> keras.Model:
        """The player of networks of one input and one output, and of the encoder if there is one."""
        parts = [*networks, *([] if self.encoder is None else [self.encoder])]
        if len(parts) == 1:
            return parts[0]
        named = (keras.Model(part.inputs, part.outputs, name=f"part_{index}") for index, part in enumerate(parts))
        return together(*named)

    def check(self, generator: keras.Model) -> None:
        """Refuses a generator whose answers cannot depend on the latent: what is the same at every pixel, an instance
        normalization behind the first convolution takes away.

        Raises:
            InputError: equal answers to two latents.
        """
        if not self.size:
            return
        height, width, channels = self.image_shape
        pictures = np.random.default_rng(0).uniform(-1, 1, (1, height, width, channels)).astype(np.float32)
        one, other = (
            np.asarray(generator(self.given(tf.constant(pictures), tf.fill((1, self.size), level)), training=False))
            for level in (-2.0, 2.0)
        )
        if np.abs(one - other).max() <= SAME * np.abs(one).max() and one.any():
            raise InputError(
                "with `noise_dim` the generator must not normalize the latent away: choose `unet`, or `normalization: "
                "batch` or `none`. Received: one that gives the same picture for two latents."
            )

    def loss(self, generate: Generate, images: tf.Tensor, made: tf.Tensor, latents: tf.Tensor | None) -> tf.Tensor:
        """What the generator's loss has besides, (batch,); 0 without noise.

        Args:
            generate: what `given` returns to pictures.
            images: that were translated.
            made: the answers to them with `latents`.
            latents: that were drawn for them.
        """
        loss = tf.zeros(tf.shape(made)[:1])
        if latents is None:
            return loss
        if self.diversity_weight:
            others = self.drawn(images, "other latents")
            other = generate(self.given(images, others))
            loss += self.diversity_weight * losses.mode_seeking_loss(made, other, latents, others)
        if self.encoder is not None:
            recovered = tf.cast(self.encoder(made, training=True), tf.float32)
            loss += self.recovery_weight * tf.reduce_mean(tf.abs(recovered - latents), axis=-1)
        return loss
