"""BigGAN, a class-conditional GAN."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_gen.networks import NetworkSpec, build_network
from keras_gen.training.ema import averaged_copy
from keras_gen.training.game import LossName, Terms
from keras_gen.training.generative import GenerativeAdversarialModel
from keras_gen.training.moves import Moves, joined, watching
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.pieces import as_pictures, decoding_network, truncated_prior
from keras_gen.training.spec import ModelSpec
from keras_gen.training.standing import standing_statistics
from serving.common.classes import class_labels, require_classes
from serving.common.errors import require_at_least

STANDING_SEED, STANDING_ROWS = 0, 64


@keras.saving.register_keras_serializable(package="keras_gen")
class BigGAN(GenerativeAdversarialModel):
    """A GAN whose generator and discriminator receive the class, so that samples of a class can be drawn.

    In each training step the discriminator is updated `discriminator_steps` times, then the generator against the new
    discriminator, with the pictures that were generated last. Generated pictures have the classes of the real pictures
    in the batch. Samples and the exported network use a moving average of the generator with standing statistics in
    batch normalization. Truncated latents trade diversity for fidelity. Reported per epoch as in `gan`;
    for the hinge loss `discriminator_loss` is 2 if the discriminator can only guess.
    `fit` takes (pictures, labels).

    Args:
        image_shape: (height, width, channels).
        classes: names of the classes, in the order of their labels.
        latent_dim: length of a latent.
        generator: network from latents and labels to pictures in [-1, 1]: `biggan`, a dictionary of the name and its
            options, or a `keras.Model`.
        discriminator: network from pictures and labels to one logit; given like the generator.
        loss: as in `gan`.
        discriminator_steps: as in `gan`.
        standing_batches: number of batches of 64 generated pictures over which the statistics of batch normalization
            are averaged before sampling; 0 keeps the moving averages.
        seed: seed of the training noise.
        **options: those of `GenerativeAdversarialModel`.

    Raises:
        InputError: fewer than two classes, a value out of range, or networks that do not fit.

    Source: Brock et al. 2019, "Large Scale GAN Training for High Fidelity Natural Image Synthesis"; hinge loss: Lim &
    Ye 2017, "Geometric GAN"; class of the generated pictures: Miyato & Koyama 2018, "cGANs with Projection
    Discriminator".
    """

    spec = ModelSpec(prior="standard_normal", labelled=True)
    default_optimizers: ClassVar = {
        "generator_optimizer": OptimizerSpec("adam", learning_rate=2e-4, beta_1=0.0, beta_2=0.999),
        "discriminator_optimizer": OptimizerSpec("adam", learning_rate=2e-4, beta_1=0.0, beta_2=0.999),
    }

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        classes: tuple[str, ...] = (),
        latent_dim: int = 64,
        generator: NetworkSpec = "biggan",
        discriminator: NetworkSpec = "biggan",
        loss: LossName = "hinge",
        discriminator_steps: int = 2,
        standing_batches: int = 16,
        seed: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(seed, [], loss=loss, discriminator_steps=discriminator_steps, **options)
        require_classes(classes)
        require_at_least(1, latent_dim=latent_dim)
        require_at_least(0, standing_batches=standing_batches)
        self.spec = replace(
            self.spec,
            classes=tuple(classes),
            normalization="standing_statistics" if standing_batches else "moving_statistics",
        )
        self.image_shape = tuple(image_shape)
        self.classes = tuple(classes)
        self.latent_dim = latent_dim
        self.standing_batches = standing_batches
        shape = {"image_shape": self.image_shape, "classes": len(classes)}
        self.generator = build_network(
            "conditional_generator",
            generator,
            [(latent_dim,), ()],
            self.image_shape,
            latent_dim=latent_dim,
            **shape,
        )
        self.discriminator = build_network(
            "conditional_discriminator", discriminator, [self.image_shape, ()], (1,), **shape
        )
        self.begin()

    def call(self, latents: tf.Tensor, labels: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures in [-1, 1] of latents (batch, latent_dim) and labels (batch,), by the averaged generator with the
        moving statistics."""
        return self.average([latents, labels], training=False)

    def moves(self, images: tf.Tensor, labels: tf.Tensor) -> Moves:
        judged = []
        for turn, (real, classes) in enumerate(self.turns((images, labels))):
            judge = self._judge(classes)
            latents = self.noise.training_rows(tf.shape(real)[0], self.latent_dim, f"latents {turn}")
            with watching(self.generator) as tape:
                fake = self.generator([latents, classes], training=True)
            terms = partial(self.game.discriminator_terms, judge, real, fake, f"turn {turn}")
            judged.append((yield self.discriminator_move(terms, turn)))
        generator = yield self.generator_move(partial(self.game.generator_terms, judge, real, fake), tape)
        return self.reported(generator, joined(judged))

    def evaluation(self, images: tf.Tensor, labels: tf.Tensor) -> Terms:
        latents = self.noise.evaluation_rows(tf.shape(images)[0], self.latent_dim, "generator")
        real_logits, fake_logits = (
            self.discriminator([pictures, labels], training=False)
            for pictures in (images, self.generator([latents, labels], training=False))
        )
        return self.scored(real_logits, fake_logits)

    def standing_generator(self) -> keras.Model:
        """The averaged generator as pictures are drawn from it: a copy with standing statistics, the same whenever the
        weights are the same; the average itself without them."""
        if self.standing_batches == 0:
            return self.average
        network = averaged_copy(self.average)
        standing_statistics(network, self._standing_inputs())
        return network

    def sample(
        self, n: int, seed: int = 0, labels: np.ndarray | None = None, truncation: float = math.inf
    ) -> np.ndarray:
        """`n` pictures, float32 in [-1, 1], of the classes `labels`, by default of one class after the other."""
        labels = class_labels(n, len(self.classes), labels)
        latents = self.prior_latents(n, seed, truncation=truncation)
        return as_pictures(self.standing_generator()([latents, labels], training=False))

    def prior_network(self) -> keras.Model:
        """`noise`, `truncation` -> `latent`."""
        return truncated_prior(self.latent_dim)

    def inference_networks(self) -> dict[str, keras.Model]:
        """`decoder`: latent, label -> image, the averaged generator."""
        network = self.standing_generator()
        return decoding_network(
            lambda latent, label: network([latent, label], training=False), self.latent_dim, labelled=True
        )

    def _judge(self, labels: tf.Tensor) -> Callable[[tf.Tensor], tf.Tensor]:
        return lambda images: self.discriminator([images, labels], training=True)

    def _standing_inputs(self) -> Iterator[list[np.ndarray]]:
        for start in range(0, self.standing_batches * STANDING_ROWS, STANDING_ROWS):
            latents = self.prior_latents(STANDING_ROWS, STANDING_SEED, start=start)
            yield [latents, class_labels(STANDING_ROWS, len(self.classes), start=start)]
