"""InfoGAN, a GAN whose generator is made to show some numbers of its latent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from keras_gen.layers import Augmentation, DifferentiableAugmentation, InfoPrior
from keras_gen.layers.replica import gathered
from keras_gen.losses import code_surprise, invariant_information
from keras_gen.networks import NetworkSpec, build_network, with_hidden
from keras_gen.training.game import Terms
from keras_gen.training.generative import GenerativeAdversarialModel
from keras_gen.training.moves import Moves, joined, watching
from keras_gen.training.pieces import as_pictures, coding_networks
from keras_gen.training.spec import ModelSpec
from serving.common.errors import InputError, require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class InfoGAN(GenerativeAdversarialModel):
    """A GAN in which a part of the latent, the codes, can be read off the picture again.

    The discriminator's last features also guess the codes of generated pictures, and both players want the guess to be
    right: a lower bound of the information between codes and pictures grows. Without labels, categories become what
    differs most, such as the digit, and continuous codes slant or width. Moves and reports are those of `gan`, and
    `code_loss`: the surprise in nats about the codes, weighted.

    A latent has the continuous codes first, from -1 to 1, then the category as a one-hot code, then standard normal
    numbers.

    Args:
        image_shape: (height, width, channels).
        latent_dim: length of a latent, the codes included.
        categories: how many categories; 0 for none.
        continuous: how many continuous codes.
        code_weight: weight of the surprise about the category beside the adversarial loss.
        continuous_weight: that of the surprise about the continuous codes.
        invariance: weight of the information that the categories guessed of a real picture and of a changed copy have
            of each other, which the discriminator maximizes, so that categories become what changes leave as it is;
            0 is the paper's InfoGAN, whose categories often mix the thing with its slant or width.
        invariance_augmentation: what changes the copy; kinds as for `augmentation`.
        generator: network from latents to pictures in [-1, 1]; given as in `gan`.
        discriminator: network from pictures to one logit; given as in `gan`.
        seed: seed of the training noise.
        **options: those of `GenerativeAdversarialModel`.

    Raises:
        InputError: a value out of range, or networks that do not fit.

    Source: Chen et al. 2016, "InfoGAN: Interpretable Representation Learning by Information Maximizing Generative
    Adversarial Nets", equations 5 and 6; weights: appendix C.1; invariance: Ji et al. 2019, "Invariant Information
    Clustering for Unsupervised Image Classification and Segmentation", equation 3.
    """

    spec = ModelSpec(prior="codes")

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        latent_dim: int = 74,
        categories: int = 10,
        continuous: int = 2,
        code_weight: float = 1.0,
        continuous_weight: float = 0.1,
        invariance: float = 0.0,
        invariance_augmentation: Sequence[Augmentation] = ("affine",),
        generator: NetworkSpec = "dcgan",
        discriminator: NetworkSpec = "dcgan",
        seed: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(seed, ["code_loss"], **options)
        require_at_least(1, latent_dim=latent_dim)
        require_at_least(0, code_weight=code_weight, continuous_weight=continuous_weight, invariance=invariance)
        if invariance and not categories:
            raise InputError(f"`invariance` needs categories. Received: {invariance} with categories=0.")
        self.prior = InfoPrior(latent_dim, continuous, categories)
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        self.categories = categories
        self.continuous = continuous
        self.code_weight = code_weight
        self.continuous_weight = continuous_weight
        self.invariance = invariance
        self.invariance_augmentation = tuple(invariance_augmentation)
        self.change = DifferentiableAugmentation(self.invariance_augmentation)
        self.spec = replace(
            self.spec,
            clusters=range(continuous, continuous + categories),
            couples_examples=self.spec.couples_examples or invariance > 0,
        )
        shape = {"image_shape": self.image_shape}
        self.generator = build_network(
            "generator", generator, (latent_dim,), self.image_shape, latent_dim=latent_dim, **shape
        )
        self.discriminator = build_network("discriminator", discriminator, self.image_shape, (1,), **shape)
        self.judge = self._guessing()
        self.begin()

    @property
    def players(self) -> dict[str, keras.Model]:
        return {"generator": self.generator, "discriminator": self.judge}

    def call(self, latents: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures in [-1, 1] of latents (batch, latent_dim), by the averaged generator."""
        return self.average(latents, training=False)

    def moves(self, images: tf.Tensor) -> Moves:
        judged = []
        for turn, real in enumerate(self.turns(images)):
            noise = self.noise.training_rows(tf.shape(real)[0], self.prior.noise_size, f"latents {turn}")
            latents = self.prior(noise)
            with watching(self.generator) as tape:
                fake = self.generator(latents, training=True)
            terms = partial(self._discriminator_terms, real, fake, latents, f"turn {turn}")
            judged.append((yield self.discriminator_move(terms, turn)))
        generator = yield self.generator_move(partial(self._generator_terms, real, fake, latents), tape)
        return self.reported(generator, joined(judged), code_loss=generator["code_loss"])

    def evaluation(self, images: tf.Tensor) -> Terms:
        noise = self.noise.evaluation_rows(tf.shape(images)[0], self.prior.noise_size, "generator")
        latents = self.prior(noise)
        real_logits, _ = self.judge(images, training=False)
        fake_logits, guess = self.judge(self.generator(latents, training=False), training=False)
        surprise = self._surprise(latents, guess)
        generator = {"loss": self.game.generator_loss(fake_logits, real_logits) + surprise}
        discriminator = self.game.score(real_logits, fake_logits)
        discriminator["loss"] += surprise
        return self.reported(generator, discriminator, code_loss=surprise)

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """`n` pictures, float32 in [-1, 1]; the seed means what it means in a bundle."""
        return as_pictures(self.average(self.prior_latents(n, seed), training=False))

    def prior_network(self) -> keras.Model:
        """`noise` -> `latent`."""
        noise = keras.Input((self.prior.noise_size,), name="noise")
        return keras.Model({"noise": noise}, {"latent": self.prior(noise)})

    def inference_networks(self) -> dict[str, keras.Model]:
        """`decoder`: latent -> image, the averaged generator. `encoder`: image -> code, what the discriminator guesses:
        the mean of each continuous code, the probability of each category, and 0 for what it does not guess."""
        image = keras.Input(self.image_shape, name="image")
        _, guess = self.judge(image, training=False)
        means, of_category = guess[:, : self.continuous], guess[:, self.continuous :]
        rest = keras.ops.zeros_like(guess[:, :1]) * keras.ops.ones((1, self.latent_dim - guess.shape[1]))
        guessed = [means, keras.ops.softmax(of_category)] if self.categories else [means]
        encoder = keras.Model(image, keras.ops.concatenate([*guessed, rest], axis=-1))
        return coding_networks(encoder, self.average)

    def _guessing(self) -> keras.Model:
        """The discriminator as a player: image -> logit, and its guess: means, then logits of the categories."""
        image = keras.Input(self.image_shape, name="image")
        features, logit = with_hidden(self.discriminator)(image)
        guess = layers.Dense(self.continuous + self.categories, name="codes")(layers.Flatten()(features))
        return keras.Model(image, [logit, guess])

    def _surprise(self, latents: tf.Tensor, guess: tf.Tensor) -> tf.Tensor:
        weights = (self.continuous_weight, self.code_weight)
        return code_surprise(latents, tf.cast(guess, tf.float32), self.continuous, *weights)

    def _discriminator_terms(self, real: tf.Tensor, fake: tf.Tensor, latents: tf.Tensor, purpose: str) -> Terms:
        terms, guesses = self._judged(partial(self.game.discriminator_terms, purpose=purpose), real, fake)
        of_real, of_fake = guesses[:2]
        loss = terms["loss"] + self._surprise(latents, of_fake)
        if self.invariance:
            loss += self.invariance * self._invariance_loss(real, of_real, purpose)
        return {**terms, "loss": loss}

    def _generator_terms(self, real: tf.Tensor, fake: tf.Tensor, latents: tf.Tensor) -> Terms:
        terms, guesses = self._judged(self.game.generator_terms, real, fake)
        surprise = self._surprise(latents, guesses[0])
        return {"loss": terms["loss"] + surprise, "code_loss": surprise}

    def _invariance_loss(self, images: tf.Tensor, guess: tf.Tensor, purpose: str) -> tf.Tensor:
        """Minus the information between the categories of pictures, as guessed, and of changed copies, (batch,)."""
        draws = self.noise.training_rows(tf.shape(images)[0], self.change.noise_size, f"{purpose}/invariance", True)
        _, again = self.judge(self.change(images, tf.cast(draws, images.dtype)), training=True)
        first, second = (tf.nn.softmax(tf.cast(part[:, self.continuous :], tf.float32)) for part in (guess, again))
        every = (gathered(tf.stop_gradient(part)) for part in (first, second))
        return invariant_information(first, second, *every)

    def _judged(self, rule: Any, real: tf.Tensor, fake: tf.Tensor) -> tuple[Terms, list[tf.Tensor]]:
        """The terms of a rule, and the guesses at the codes of all that it had judged, in this order."""
        guesses = []

        def judge(images: tf.Tensor) -> tf.Tensor:
            logits, guess = self.judge(images, training=True)
            guesses.append(guess)
            return logits

        return rule(judge, real, fake), guesses
