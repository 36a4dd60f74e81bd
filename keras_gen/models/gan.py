"""The generative adversarial network."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_gen.layers import CORRUPTIONS, Corruption, PixelCorruption
from keras_gen.networks import NetworkSpec, build_network
from keras_gen.training.game import Terms
from keras_gen.training.generative import GenerativeAdversarialModel
from keras_gen.training.moves import Moves, joined, watching
from keras_gen.training.pieces import as_pictures, decoding_network
from keras_gen.training.spec import ModelSpec
from serving.common.errors import require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class GAN(GenerativeAdversarialModel):
    """A generator that learns to fool a discriminator.

    In each training step the discriminator is updated first, then the generator, with the same generated pictures,
    against the new discriminator. Samples and the exported network use a moving average of the generator. Reported per
    epoch: `discriminator_loss`, its penalties included (2 log 2 = 1.386 if it can only guess, for the non-saturating
    pair), `generator_loss`, and `discriminator_accuracy`, the share of real and generated pictures that it classifies
    correctly (0.5 is guessing; for Wasserstein and relativistic losses the share of pairs in the right order).

    Args:
        image_shape: (height, width, channels).
        latent_dim: length of a latent.
        generator: network from latents to pictures in [-1, 1]: `dcgan`, `resnet`, `mlp`, a dictionary of the name and
            its options, or a `keras.Model`.
        discriminator: network from pictures to one logit; given like the generator.
        seed: seed of the training noise.
        measurement: of data that shows no whole picture, such as the source `measured:KIND,AMOUNT:SOURCE`: how each of
            its pictures was corrupted, by name, as in `PixelCorruption`, and then clipped to [-1, 1]. The discriminator
            sees generated pictures corrupted in the same way, so that the generator must draw whole ones (Bora et al.
            2018, "AmbientGAN: Generative Models from Lossy Measurements", equation 1). None compares the pictures
            themselves.
        measurement_amount: of the noise, or the share of a picture that is hit.
        **options: those of `GenerativeAdversarialModel`.

    Raises:
        InputError: a value out of range, or networks that do not fit.

    Source: Goodfellow et al. 2014, "Generative Adversarial Nets", algorithm 1; networks: Radford et al. 2016, "DCGAN";
    Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks".
    """

    spec = ModelSpec(prior="standard_normal", styled=True)

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        latent_dim: int = 64,
        generator: NetworkSpec = "dcgan",
        discriminator: NetworkSpec = "dcgan",
        seed: int = 0,
        measurement: Corruption | None = None,
        measurement_amount: float = 0.5,
        **options: Any,
    ) -> None:
        super().__init__(seed, [], **options)
        require_at_least(1, latent_dim=latent_dim)
        require_at_least(0, measurement_amount=measurement_amount)
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        shape = {"image_shape": self.image_shape}
        self.generator = build_network(
            "generator", generator, (latent_dim,), self.image_shape, latent_dim=latent_dim, **shape
        )
        self.discriminator = build_network("discriminator", discriminator, self.image_shape, (1,), **shape)
        self.measurement = measurement
        self.measurement_amount = measurement_amount
        self.measure = None
        if measurement is not None:
            CORRUPTIONS.find(measurement, "`measurement`", optional=True)
            self.measure = PixelCorruption(measurement, measurement_amount)
        self.begin()

    def call(self, latents: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures in [-1, 1] of latents (batch, latent_dim), by the averaged generator."""
        return self.average(latents, training=False)

    def moves(self, images: tf.Tensor) -> Moves:
        judge = partial(self.discriminator, training=True)
        judged = []
        for turn, real in enumerate(self.turns(images)):
            with watching(self.generator) as tape:
                latents = self._latents(real, turn)
                drawn = self.generator(latents, training=True)
                fake = self._measured(drawn, self.noise.training_rows, f"measurement {turn}")
            terms = partial(self.game.discriminator_terms, judge, real, fake, f"turn {turn}")
            judged.append((yield self.discriminator_move(terms, turn)))
        generator = yield self.generator_move(partial(self.game.generator_terms, judge, real, fake), tape, latents)
        return self.reported(generator, joined(judged))

    def evaluation(self, images: tf.Tensor) -> Terms:
        latents = self.noise.evaluation_rows(tf.shape(images)[0], self.latent_dim, "generator")
        drawn = self.generator(latents, training=False)
        fake = self._measured(drawn, self.noise.evaluation_rows, "measurement")
        real_logits, fake_logits = (self.discriminator(pictures, training=False) for pictures in (images, fake))
        return self.scored(real_logits, fake_logits)

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """`n` pictures, float32 in [-1, 1]; the seed means what it means in a bundle."""
        if self.styles is not None:
            return super().sample(n, seed)
        return as_pictures(self.average(self.prior_latents(n, seed), training=False))

    def prior_network(self) -> keras.Model | None:
        return None if self.styles is None else self.styles.prior_network()

    def inference_networks(self) -> dict[str, keras.Model]:
        """`decoder`: latent -> image, the averaged generator."""
        if self.styles is not None:
            return self.styles.networks()
        return decoding_network(partial(self.average, training=False), self.latent_dim)

    def _latents(self, real: tf.Tensor, turn: int) -> tf.Tensor:
        """As many latents as there are real pictures in this turn."""
        return self.noise.training_rows(tf.shape(real)[0], self.latent_dim, f"latents {turn}")

    def _measured(self, images: tf.Tensor, rows: Callable[..., tf.Tensor], purpose: str) -> tf.Tensor:
        """What the discriminator is shown of generated pictures: corrupted like the data, with noise from `rows`."""
        if self.measure is None:
            return images
        size = images.shape[1:].num_elements()
        noise = rows(tf.shape(images)[0], size, purpose, uniform=self.measure.uniform)
        return tf.clip_by_value(self.measure(images, tf.reshape(noise, tf.shape(images))), -1.0, 1.0)
