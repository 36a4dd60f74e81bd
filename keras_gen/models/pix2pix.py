"""Translation learned from pairs of pictures."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_gen import losses
from keras_gen.networks import NetworkSpec, build_network, build_translator
from keras_gen.training.answers import Answers
from keras_gen.training.game import Terms
from keras_gen.training.generative import GenerativeAdversarialModel
from keras_gen.training.moves import Moves, joined, watching
from keras_gen.training.pieces import side_by_side, translating_networks
from keras_gen.training.spec import ModelSpec
from serving.common.errors import require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class Pix2Pix(GenerativeAdversarialModel):
    """A generator that translates a picture of domain A to the picture of domain B that belongs to it.

    The generator minimizes the absolute error per pixel and fools a patch discriminator, which sees the input and the
    output together. Noise is dropout, in training only. Reported
    beside the players' losses: `l1`, the mean absolute error in units of [-1, 1]. `fit` takes (pictures of A, pictures
    of B).

    Args:
        image_shape: (height, width, channels) of both domains.
        generator: network from pictures to pictures in [-1, 1], of the role `translator`: `unet`, `resnet`, a
            dictionary of the name and its options, or a `keras.Model`.
        discriminator: network from both pictures, concatenated along the channels, to logits of patches, of the
            role `patch_discriminator`; given like the generator.
        l1_weight: weight of the mean absolute error in the generator's loss.
        adversarial_weight: weight of the adversarial loss there; with 0, only the error trains the generator.
        noise_dim: length of a latent that the generator is given behind the channels of every pixel, so that it has
            several answers to a picture; 0 for one answer. With it a small `l1_weight` leaves room for others.
        diversity_weight: weight of the mode seeking loss, which is small where the answers of two latents differ.
        recovery_weight: weight of the error of the latent that an encoder recovers from an answer.
        latent_encoder: that encoder, from pictures to latents, of the role `encoder`; it moves with the generator.
        seed: seed of the training noise.
        **options: those of `GenerativeAdversarialModel`. Augmentation and noise are the same for both pictures of a
            pair.

    Raises:
        InputError: a value out of range, or networks that do not fit.

    Source: Isola et al. 2017, "Image-to-Image Translation with Conditional Adversarial Networks", equations 1, 3 and 4;
    several answers: see `keras_gen.training.answers`.
    """

    spec = ModelSpec(translates="pairs")
    default_batch_size: ClassVar = 1

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (256, 256, 3),
        generator: NetworkSpec = "unet",
        discriminator: NetworkSpec = "patchgan",
        l1_weight: float = 100.0,
        adversarial_weight: float = 1.0,
        noise_dim: int = 0,
        diversity_weight: float = 0.1,
        recovery_weight: float = 0.5,
        latent_encoder: NetworkSpec = "conv",
        seed: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(seed, ["l1"], **options)
        require_at_least(0, l1_weight=l1_weight, adversarial_weight=adversarial_weight)
        self.image_shape = tuple(image_shape)
        height, width, channels = self.image_shape
        self.answers = Answers(
            noise_dim, diversity_weight, recovery_weight, latent_encoder, self.image_shape, self.noise
        )
        self.generator = build_translator(generator, (height, width, channels + noise_dim), channels)
        self.answers.check(self.generator)
        self.latent_encoder = self.answers.encoder or latent_encoder
        self.moved = self.answers.with_encoder(self.generator)
        pair = (height, width, 2 * channels)
        self.discriminator = build_network(
            "patch_discriminator", discriminator, pair, (None, None, 1), image_shape=pair
        )
        self.l1_weight = l1_weight
        self.adversarial_weight = adversarial_weight
        self.noise_dim = noise_dim
        self.diversity_weight = diversity_weight
        self.recovery_weight = recovery_weight
        self.begin()

    @property
    def players(self) -> dict[str, keras.Model]:
        return {"generator": self.moved, "discriminator": self.discriminator}

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures of B in [-1, 1] of pictures of A, by the averaged generator; with noise, that of the latent 0."""
        return self.average(self.answers.given_mean(images), training=False)

    def moves(self, given: tf.Tensor, wanted: tf.Tensor) -> Moves:
        judge = partial(self.discriminator, training=True)
        judged = []
        for turn, (images, real) in enumerate(self.turns((given, wanted))):
            latents = self.answers.drawn(images, f"latents {turn}")
            with watching(self.moved) as tape:
                fake = self.generator(self.answers.given(images, latents), training=True)
            terms = partial(self.game.discriminator_terms, judge, *_pairs(images, real, fake), f"turn {turn}")
            judged.append((yield self.discriminator_move(terms, turn)))
        generator = yield self.generator_move(partial(self._generator_terms, images, real, fake, latents), tape)
        return self.reported(generator, joined(judged), l1=generator["l1"])

    def evaluation(self, images: tf.Tensor, real: tf.Tensor) -> Terms:
        fake = self.generator(self.answers.given(images, self.answers.evaluated(images)), training=False)
        real_logits, fake_logits = (self.discriminator(pair, training=False) for pair in _pairs(images, real, fake))
        adversarial = self.game.generator_loss(fake_logits, real_logits)
        generator = self._with_error({"loss": adversarial}, real, fake)
        return self.reported(generator, self.game.score(real_logits, fake_logits), l1=generator["l1"])

    def preview(self, images: np.ndarray, seed: int) -> np.ndarray:
        """Pictures of A, each beside its translation, with noise one of those of the seed."""
        given = self.answers.given(tf.constant(images), self.answers.of_seed(images, seed))
        return side_by_side(images, self.average(given, training=False))

    def inference_networks(self) -> dict[str, keras.Model]:
        """`a_to_b`: image, with noise and latent, -> translation, the averaged generator, and that for tiles."""
        return translating_networks("a_to_b", self.average, self.noise_dim)

    def _generator_terms(self, images: tf.Tensor, real: tf.Tensor, fake: tf.Tensor, latents: tf.Tensor | None) -> Terms:
        judge = partial(self.discriminator, training=True)
        terms = self._with_error(self.game.generator_terms(judge, *_pairs(images, real, fake)), real, fake)
        further = self.answers.loss(partial(self.generator, training=True), images, fake, latents)
        return {**terms, "loss": terms["loss"] + further}

    def _with_error(self, terms: Terms, real: tf.Tensor, fake: tf.Tensor) -> Terms:
        """The generator's terms: `loss`, which includes the error, and `l1`."""
        error = losses.absolute_error(real, tf.cast(fake, tf.float32))
        return {"loss": self.adversarial_weight * terms["loss"] + self.l1_weight * error, "l1": error}


def _pairs(images: tf.Tensor, real: tf.Tensor, fake: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """What the discriminator is shown: the real answer, then the made one, each first, and the question behind it."""
    return tuple(tf.concat([answer, tf.cast(images, answer.dtype)], axis=-1) for answer in (real, fake))
