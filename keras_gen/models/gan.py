"""The generative adversarial network."""

from __future__ import annotations

from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_gen.losses import (
    non_saturating_discriminator_loss,
    non_saturating_generator_loss,
)
from keras_gen.networks import NetworkSpec, build_network
from keras_gen.training.adversarial import AdversarialModel
from keras_gen.training.ema import averaged_copy, update_average
from keras_gen.training.minimize import minimize
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.penalties import checked_penalties, penalty
from serving.errors import InputError, require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class GAN(AdversarialModel):
    """A generator that learns to fool a discriminator, with the non-saturating loss.

    In each step the discriminator moves first, then the generator against the new discriminator; a moving
    average of the generator is what is sampled and exported. Reported per epoch: `discriminator_loss` (2 log 2
    = 1.386 where it can only guess, plus the penalties), `generator_loss`, and `discriminator_accuracy`, the
    share of real and generated pictures that it tells apart (0.5 is guessing).

    Args:
        image_shape: (height, width, channels).
        latent_dim: length of a latent.
        generator: network from latents to pictures in [-1, 1]: `dcgan`, `mlp`, a dictionary of the name and
            its options, or a `keras.Model`.
        discriminator: network from pictures to one logit; given like the generator.
        penalties: weights of penalties on the discriminator by name, as in `{"r1": 1.0}`. R1 keeps a
            discriminator that could learn its data by heart from doing so.
        ema_decay: decay per step of the generator's moving average; 0 samples the generator itself.
        seed: seed of the training noise.

    Raises:
        InputError: a value out of range, or networks that do not fit.

    Source: Goodfellow et al. 2014, "Generative Adversarial Nets"; networks: Radford et al. 2016, "DCGAN";
    R1: Mescheder et al. 2018, "Which Training Methods for GANs do actually Converge?".
    """

    prior = "standard_normal"
    default_optimizers: ClassVar = {
        "generator_optimizer": OptimizerSpec("adam", learning_rate=2e-4, beta_1=0.5),
        "discriminator_optimizer": OptimizerSpec("adam", learning_rate=2e-4, beta_1=0.5),
    }

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        latent_dim: int = 64,
        generator: NetworkSpec = "dcgan",
        discriminator: NetworkSpec = "dcgan",
        penalties: dict[str, float] | None = None,
        ema_decay: float = 0.999,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, ["generator_loss", "discriminator_loss", "discriminator_accuracy"], **kwargs)
        require_at_least(1, latent_dim=latent_dim)
        if not 0 <= ema_decay < 1:
            raise InputError(f"`ema_decay` must be at least 0 and below 1. Received: {ema_decay}.")
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        self.generator = build_network(
            "generator",
            generator,
            (latent_dim,),
            self.image_shape,
            latent_dim=latent_dim,
            image_shape=self.image_shape,
        )
        self.discriminator = build_network(
            "discriminator", discriminator, self.image_shape, (1,), image_shape=self.image_shape
        )
        self.penalties = checked_penalties(penalties)
        self.ema_decay = ema_decay
        self.average = averaged_copy(self.generator)

    @property
    def players(self) -> dict[str, keras.Model]:
        return {"generator": self.generator, "discriminator": self.discriminator}

    def call(self, latents: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures in [-1, 1] of latents (batch, latent_dim), by the averaged generator."""
        return self.average(latents, training=False)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        images, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        rows = tf.shape(images)[0]
        fakes = self.generator(self._latents(rows, "discriminator"), training=True)
        discriminator = minimize(
            lambda: self._discriminator_terms(images, fakes, training=True),
            self.discriminator,
            self.discriminator_optimizer,
        )
        generator = minimize(
            lambda: self._generator_terms(self._latents(rows, "generator"), training=True),
            self.generator,
            self.generator_optimizer,
        )
        update_average(self.average, self.generator, self.ema_decay, self.noise.step)
        self.noise.advance()
        return self._report(generator, discriminator)

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        images, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        latents = self.noise.evaluation_rows(tf.shape(images)[0], self.latent_dim, "generator")
        fakes = self.generator(latents, training=False)
        discriminator = self._discriminator_terms(images, fakes, training=False)
        generator = self._generator_terms(latents, training=False)
        self.noise.advance_evaluation()
        return self._report(generator, discriminator)

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """`n` pictures, float32 in [-1, 1]; the seed means what it means in a bundle."""
        return self.average(self.prior_latents(n, seed), training=False).numpy()

    def preview(self, images: np.ndarray, seed: int) -> np.ndarray:
        """As many samples as there are `images`."""
        return self.sample(len(images), seed)

    def inference_networks(self) -> dict[str, keras.Model]:
        """`decoder`: latent -> image, the averaged generator."""
        latent = keras.Input((self.latent_dim,), name="latent")
        return {"decoder": keras.Model({"latent": latent}, {"image": self.average(latent, training=False)})}

    def _latents(self, rows: tf.Tensor, purpose: str) -> tf.Tensor:
        return self.noise.training_rows(rows, self.latent_dim, purpose)

    def _discriminator_terms(self, images: tf.Tensor, fakes: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        real_logits = self.discriminator(images, training=training)
        fake_logits = self.discriminator(fakes, training=training)
        loss = non_saturating_discriminator_loss(real_logits, fake_logits)
        if training:
            loss += penalty(self.penalties, lambda x: self.discriminator(x, training=True), images)
        told_apart = tf.concat([real_logits > 0, fake_logits < 0], axis=-1)
        return {
            "loss": loss,
            "accuracy": tf.reduce_mean(tf.cast(told_apart, tf.float32), axis=-1),
        }

    def _generator_terms(self, latents: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        fakes = self.generator(latents, training=training)
        return {"loss": non_saturating_generator_loss(self.discriminator(fakes, training=training))}

    def _report(self, generator: dict[str, tf.Tensor], discriminator: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return self.record(
            {
                "generator_loss": generator["loss"],
                "discriminator_loss": discriminator["loss"],
                "discriminator_accuracy": discriminator["accuracy"],
            }
        )
