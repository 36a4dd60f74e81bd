"""The conditional generative adversarial network."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Literal, get_args

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from keras_gen.layers import ClassCode, ClassPlane
from keras_gen.layers.replica import all_examples
from keras_gen.losses import data_to_data_cross_entropy, label_cross_entropy
from keras_gen.networks import NetworkSpec, build_network, with_hidden
from keras_gen.training.game import Terms
from keras_gen.training.generative import GenerativeAdversarialModel
from keras_gen.training.moves import Moves, joined, watching
from keras_gen.training.pieces import as_pictures, decoding_network
from keras_gen.training.spec import ModelSpec
from serving.common.classes import class_labels, require_classes
from serving.common.errors import InputError, require_among, require_at_least

Condition = Literal["concatenation", "projection", "auxiliary", "rea_c_gan"]
# Under which of these the discriminator guesses the class; length of the vectors that `rea_c_gan` compares.
GUESSING = ("auxiliary", "rea_c_gan")
COMPARED = 512
Guess = list[tf.Tensor]


@keras.saving.register_keras_serializable(package="keras_gen")
class ConditionalGAN(GenerativeAdversarialModel):
    """A GAN whose generator is told the class to draw, and whose discriminator checks it.

    The generator sees the class as a one-hot code beside the latent. Moves and reports are those of `gan`; under
    `auxiliary` and `rea_c_gan` also `class_loss`, the cross-entropy in nats of the class of real pictures.
    `fit` takes (pictures, labels).

    Args:
        image_shape: (height, width, channels).
        classes: names of the classes, in the order of their labels.
        latent_dim: length of a latent.
        generator: network from `latent_dim + classes` numbers to pictures in [-1, 1]; given as in `gan`.
        discriminator: network from pictures to one logit; under `concatenation` pictures have one more channel.
        condition: what the discriminator does with the class. `concatenation`: a learned plane of the class is one more
            channel of the picture (Mirza & Osindero 2014). `projection`: what the last layer sees of the picture,
            multiplied by a learned vector of the class, is added to the logit (Miyato & Koyama 2018). `auxiliary`: it
            is not told the class but guesses it, which both players want it to get right (Odena et al. 2017).
            `rea_c_gan`: likewise, by the cosine of what the last layer sees with a learned vector of the class; a
            picture's rivals are the pictures of other classes in the batch, and the discriminator guesses at real
            pictures alone (Kang et al. 2021).
        class_weight: weight of the class's cross-entropy beside the adversarial loss under `auxiliary` and `rea_c_gan`.
        class_temperature: what cosines are divided by under `rea_c_gan`.
        class_margin: cosine from which on a picture is near enough to its class under `rea_c_gan`; 1 less it is the
            cosine up to which pictures of two classes are far enough from each other.
        seed: seed of the training noise.
        **options: those of `GenerativeAdversarialModel`.

    Raises:
        InputError: fewer than two classes, a value out of range, or networks that do not fit.

    Source: Mirza & Osindero 2014, "Conditional Generative Adversarial Nets"; Miyato & Koyama 2018, "cGANs with
    Projection Discriminator", equation 3; Odena et al. 2017, "Conditional Image Synthesis With Auxiliary Classifier
    GANs"; Kang et al. 2021, "Rebooting ACGAN: Auxiliary Classifier GANs with Stable Training".
    """

    spec = ModelSpec(prior="standard_normal", labelled=True, styled=True)

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        classes: tuple[str, ...] = (),
        latent_dim: int = 64,
        generator: NetworkSpec = "dcgan",
        discriminator: NetworkSpec = "dcgan",
        condition: Condition = "projection",
        class_weight: float = 1.0,
        seed: int = 0,
        class_temperature: float = 0.5,
        class_margin: float = 0.98,
        **options: Any,
    ) -> None:
        require_among(get_args(Condition), condition=condition)
        super().__init__(seed, ["class_loss"] if condition in GUESSING else [], **options)
        require_classes(classes)
        require_at_least(1, latent_dim=latent_dim)
        require_at_least(0, class_weight=class_weight)
        if not class_temperature > 0:
            raise InputError(f"`class_temperature` must be positive. Received: {class_temperature}.")
        if not -1 <= class_margin <= 1:
            raise InputError(f"`class_margin` must be a cosine, from -1 to 1. Received: {class_margin}.")
        coupled = self.spec.couples_examples or condition == "rea_c_gan"
        self.spec = replace(self.spec, classes=tuple(classes), couples_examples=coupled)
        self.image_shape = tuple(image_shape)
        self.classes = tuple(classes)
        self.latent_dim = latent_dim
        code = latent_dim + len(classes)
        self.generator = build_network(
            "generator",
            generator,
            (code,),
            self.image_shape,
            {"classes": len(classes)},
            latent_dim=code,
            image_shape=self.image_shape,
        )
        seen = (*self.image_shape[:2], self.image_shape[2] + (condition == "concatenation"))
        self.discriminator = build_network("discriminator", discriminator, seen, (1,), image_shape=seen)
        self.class_code = ClassCode(len(classes))
        self.condition = condition
        self.class_weight = class_weight
        self.class_temperature = class_temperature
        self.class_margin = class_margin
        self.judge = self._told_the_class()
        self.begin()

    @property
    def players(self) -> dict[str, keras.Model]:
        return {"generator": self.generator, "discriminator": self.judge}

    def call(self, latents: tf.Tensor, labels: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures in [-1, 1] of latents (batch, latent_dim) and classes (batch,), by the averaged generator."""
        return self.average(self.class_code(latents, labels), training=False)

    def moves(self, images: tf.Tensor, labels: tf.Tensor) -> Moves:
        judged = []
        for turn, (real, wanted) in enumerate(self.turns((images, labels))):
            latents = self.noise.training_rows(tf.shape(real)[0], self.latent_dim, f"latents {turn}")
            with watching(self.generator) as tape:
                coded = self.class_code(latents, wanted)
                fake = self.generator(coded, training=True)
            terms = partial(self._discriminator_terms, real, fake, wanted, f"turn {turn}")
            judged.append((yield self.discriminator_move(terms, turn)))
        generator = yield self.generator_move(partial(self._generator_terms, real, fake, wanted), tape, coded)
        return self._reported(generator, joined(judged))

    def evaluation(self, images: tf.Tensor, labels: tf.Tensor) -> Terms:
        latents = self.noise.evaluation_rows(tf.shape(images)[0], self.latent_dim, "generator")
        fake = self.generator(self.class_code(latents, labels), training=False)
        (real_logits, real_guess), (fake_logits, fake_guess) = (
            self._judged(pictures, labels, training=False) for pictures in (images, fake)
        )
        generator = {"loss": self.game.generator_loss(fake_logits, real_logits)}
        discriminator = self.game.score(real_logits, fake_logits)
        generator["loss"] += self.class_weight * self._surprise(labels, fake_guess)
        discriminator = self._with_guesses(discriminator, labels, real_guess, fake_guess)
        return self._reported(generator, discriminator)

    def sample(self, n: int, seed: int = 0, labels: np.ndarray | None = None) -> np.ndarray:
        """`n` pictures, float32 in [-1, 1], of the classes `labels`, by default of one class after the other."""
        labels = class_labels(n, len(self.classes), labels)
        if self.styles is None:
            return as_pictures(self(self.prior_latents(n, seed), labels))
        decoder = self.inference_networks()["decoder"]
        inputs = {"latent": self.prior_latents(n, seed, labels), "label": labels}
        return as_pictures(decoder({name: inputs[name] for name in decoder.input}, training=False)["image"])

    def prior_network(self) -> keras.Model | None:
        return None if self.styles is None else self.styles.prior_network()

    def inference_networks(self) -> dict[str, keras.Model]:
        """`decoder`: latent, label -> image, the averaged generator; of styles, which know the class, latent alone."""
        if self.styles is not None:
            return self.styles.networks()
        return decoding_network(self, self.latent_dim, labelled=True)

    def _told_the_class(self) -> keras.Model:
        """The discriminator as a player: image, label -> logit; and what it guesses the class by, if it guesses:
        logits, or the vectors of length 1 of the picture and of its class."""
        image, label = keras.Input(self.image_shape, name="image"), keras.Input((), dtype="int64", name="label")
        count = len(self.classes)
        if self.condition == "concatenation":
            return keras.Model([image, label], self.discriminator(ClassPlane(count)(image, label)))
        features, logit = with_hidden(self.discriminator)(image)
        features = layers.Flatten()(features)
        if self.condition == "auxiliary":
            return keras.Model([image, label], [logit, layers.Dense(count, name="class_logits")(features)])
        if self.condition == "rea_c_gan":
            vectors = layers.Embedding(count, COMPARED, "glorot_uniform", name="class_vectors")(label)
            compared = layers.Dense(COMPARED, use_bias=False, name="class_features")(features)
            return keras.Model([image, label], [logit, *map(layers.UnitNormalization(), (compared, vectors))])
        of_class = layers.Embedding(count, features.shape[-1], "glorot_uniform", name="class_vectors")(label)
        return keras.Model([image, label], layers.Add()([logit, layers.Dot(axes=1)([of_class, features])]))

    def _judged(self, images: tf.Tensor, labels: tf.Tensor, training: bool) -> tuple[tf.Tensor, Guess]:
        """Logits, and what the class is guessed by, nothing where it is not."""
        judged = self.judge([images, labels], training=training)
        return (judged[0], judged[1:]) if self.condition in GUESSING else (judged, [])

    def _discriminator_terms(self, real: tf.Tensor, fake: tf.Tensor, labels: tf.Tensor, purpose: str) -> Terms:
        guesses = []

        def judge(images: tf.Tensor) -> tf.Tensor:
            logits, guess = self._judged(images, labels, training=True)
            guesses.append(guess)
            return logits

        terms = self.game.discriminator_terms(judge, real, fake, purpose)
        # Real and generated pictures are judged first, whatever penalties judge after them.
        return self._with_guesses(terms, labels, *guesses[:2])

    def _generator_terms(self, real: tf.Tensor, fake: tf.Tensor, labels: tf.Tensor) -> Terms:
        guesses = []

        def judge(images: tf.Tensor) -> tf.Tensor:
            logits, guess = self._judged(images, labels, training=True)
            guesses.append(guess)
            return logits

        terms = self.game.generator_terms(judge, real, fake)
        return {"loss": terms["loss"] + self.class_weight * self._surprise(labels, guesses[0])}

    def _with_guesses(self, terms: Terms, labels: tf.Tensor, real_guess: Guess, fake_guess: Guess) -> Terms:
        """The discriminator's terms, its guesses at the classes included where it makes any."""
        if self.condition not in GUESSING:
            return terms
        real = self._surprise(labels, real_guess)
        guessed = real + self._surprise(labels, fake_guess) if self.condition == "auxiliary" else real
        return {**terms, "loss": terms["loss"] + self.class_weight * guessed, "class_loss": real}

    def _reported(self, generator: Terms, discriminator: Terms) -> Terms:
        guesses = {"class_loss": discriminator["class_loss"]} if self.condition in GUESSING else {}
        return self.reported(generator, discriminator, **guesses)

    def _surprise(self, labels: tf.Tensor, guess: Guess) -> tf.Tensor | float:
        """How unlikely the classes are by a guess, in nats, (batch,); 0 where none was made."""
        if self.condition not in GUESSING:
            return 0.0
        guess = [tf.cast(values, tf.float32) for values in guess]
        if self.condition == "auxiliary":
            return label_cross_entropy(labels, guess[0])
        features, of_class = guess
        # One exchange for both; labels are small enough for float32.
        everyone = all_examples(tf.concat([features, tf.cast(labels, tf.float32)[:, None]], axis=1))
        rivals = everyone[:, :-1], everyone[:, -1]
        how = (self.class_temperature, self.class_margin)
        return data_to_data_cross_entropy(features, of_class, labels, *rivals, *how)
