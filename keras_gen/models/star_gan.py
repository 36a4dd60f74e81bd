"""Translation among several domains by one generator, learned without pairs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from keras_gen import losses
from keras_gen.networks import NetworkSpec, build_network, build_translator, with_hidden
from keras_gen.networks.tiling import beside_class
from keras_gen.training.answers import SAME
from keras_gen.training.game import Terms
from keras_gen.training.generative import GenerativeAdversarialModel
from keras_gen.training.moves import Moves, joined, watching
from keras_gen.training.pieces import side_by_side, translating_networks
from keras_gen.training.spec import ModelSpec
from serving.bundle.names import TO_CLASS
from serving.common.classes import require_classes
from serving.common.errors import InputError, require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class StarGAN(GenerativeAdversarialModel):
    """A generator that translates a picture to the domain that a label names, for any number of domains.

    The discriminator judges patches and guesses the domain, from real pictures; the generator wants its pictures to be
    taken for real and for those of the domain that was asked for, never the picture's own. Cycle loss: back in its own
    domain a picture is what it was. Identity loss: translated to its own domain it does not change. Reported beside the
    players' losses: `cycle_loss` and `identity_loss`, mean absolute errors in units of [-1, 1], and `class_loss`, the
    cross-entropy in nats of the guess at the domain of real pictures. `fit` takes (pictures, labels of their domains).

    Args:
        image_shape: (height, width, channels) of all domains.
        classes: names of the domains, in the order of their labels.
        generator: network from pictures with one more channel for each domain to pictures in [-1, 1], of the role
            `translator`: `unet`, a dictionary of the name and its options, or a `keras.Model`. One with an instance
            normalization behind its first convolution is refused: what is the same at every pixel, as the domain is, it
            takes away.
        discriminator: network from pictures to logits of patches, of the role `patch_discriminator`; given likewise.
            The mean of its last layer's input over the places is what a dense layer guesses the domain from.
        class_weight: weight of the domain's cross-entropy in the loss of either player.
        cycle_weight: weight of the cycle loss in the generator's loss.
        identity_weight: weight of the identity loss, as a share of `cycle_weight`; 0 saves a forward pass per step.
        seed: seed of the training noise.
        **options: those of `GenerativeAdversarialModel`.

    Raises:
        InputError: fewer than two domains, a value out of range, networks that do not fit, or a generator that cannot
            tell the domains apart.

    Source: Choi et al. 2018, "StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image
    Translation", equations 1 to 6; with the loss `wasserstein` and the penalty `gp` equation 8. The identity loss is
    that of `cyclegan`.
    """

    spec = ModelSpec(labelled=True)
    default_batch_size: ClassVar = 16

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (128, 128, 3),
        classes: tuple[str, ...] = (),
        generator: NetworkSpec = "unet",
        discriminator: NetworkSpec = "patchgan",
        class_weight: float = 1.0,
        cycle_weight: float = 10.0,
        identity_weight: float = 0.0,
        seed: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(seed, ["cycle_loss", "identity_loss", "class_loss"], **options)
        require_classes(classes)
        require_at_least(0, class_weight=class_weight, cycle_weight=cycle_weight, identity_weight=identity_weight)
        self.spec = replace(self.spec, classes=tuple(classes))
        self.image_shape = shape = tuple(image_shape)
        self.classes = tuple(classes)
        self.generator = build_translator(generator, (*shape[:2], shape[2] + len(classes)), shape[2])
        _check_told(self.generator, shape, len(classes))
        self.discriminator = build_network(
            "patch_discriminator", discriminator, shape, (None, None, 1), image_shape=shape
        )
        self.judge = _guessing(self.discriminator, shape, len(classes))
        self.class_weight = class_weight
        self.cycle_weight = cycle_weight
        self.identity_weight = identity_weight
        self.begin()

    @property
    def players(self) -> dict[str, keras.Model]:
        return {"generator": self.generator, "discriminator": self.judge}

    def call(self, images: tf.Tensor, labels: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures in [-1, 1] of pictures and the labels of the domains to translate to, by the averaged generator."""
        return self.average(self._given(images, labels), training=False)

    def moves(self, images: tf.Tensor, labels: tf.Tensor) -> Moves:
        judged = []
        for turn, (real, own) in enumerate(self.turns((images, labels))):
            wanted = self._other(own, self.noise.training_rows(tf.shape(own)[0], 1, f"classes {turn}", uniform=True))
            with watching(self.generator) as tape:
                fake = self.generator(self._given(real, wanted), training=True)
            judged.append((yield self.discriminator_move(partial(self._judged, real, fake, own, turn), turn)))
        generator = yield self.generator_move(partial(self._generator_terms, real, fake, own, wanted), tape)
        return self._reported(generator, joined(judged))

    def evaluation(self, images: tf.Tensor, labels: tf.Tensor) -> Terms:
        draws = self.noise.evaluation_rows(tf.shape(labels)[0], 1, "classes", uniform=True)
        wanted = self._other(labels, draws)
        fake = self.generator(self._given(images, wanted), training=False)
        (real_logits, guess), (fake_logits, fake_guess) = (self.judge(each, training=False) for each in (images, fake))
        adversarial = self.game.generator_loss(fake_logits, real_logits)
        loss = adversarial + self.class_weight * _surprise(wanted, fake_guess)
        generator = self._with_errors(loss, images, fake, labels, training=False)
        discriminator = self.game.score(real_logits, fake_logits)
        return self._reported(generator, self._with_guess(discriminator, labels, guess))

    def preview(self, images: np.ndarray, seed: int) -> np.ndarray:
        """Pictures, each beside its translation, to one domain after the other; beginning with another one each time,
        since pictures may be in the order of their domains."""
        index, count = np.arange(len(images)), len(self.classes)
        labels = (index + index // count + 1) % count
        return side_by_side(images, self(tf.constant(images), tf.constant(labels)))

    def inference_networks(self) -> dict[str, keras.Model]:
        """`to_class`: image, label -> translation, the averaged generator, and that for tiles."""
        return translating_networks(TO_CLASS, self.average, classes=len(self.classes))

    def _given(self, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        return beside_class(images, labels, len(self.classes))

    def _other(self, labels: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
        """Labels (batch,) of another domain than the pictures', each as likely, of draws (batch, 1) in [0, 1)."""
        count = len(self.classes)
        steps = 1 + tf.cast(draws[:, 0] * (count - 1), labels.dtype)
        # Rounded up, a draw just below 1 would reach the picture's own.
        return (labels + tf.minimum(steps, count - 1)) % count

    def _judged(self, real: tf.Tensor, fake: tf.Tensor, own: tf.Tensor, turn: int) -> Terms:
        judge = _Judge(self.judge)
        terms = self.game.discriminator_terms(judge, real, fake, f"turn {turn}")
        # Real pictures are judged first, whatever penalties judge after them.
        return self._with_guess(terms, own, judge.guesses[0])

    def _generator_terms(self, real: tf.Tensor, fake: tf.Tensor, own: tf.Tensor, wanted: tf.Tensor) -> Terms:
        judge = _Judge(self.judge)
        terms = self.game.generator_terms(judge, real, fake)
        loss = terms["loss"] + self.class_weight * _surprise(wanted, judge.guesses[0])
        return self._with_errors(loss, real, fake, own, training=True)

    def _with_guess(self, terms: Terms, labels: tf.Tensor, guess: tf.Tensor) -> Terms:
        """The discriminator's terms with its guess at the domain of real pictures."""
        surprise = _surprise(labels, guess)
        return {**terms, "loss": terms["loss"] + self.class_weight * surprise, "class_loss": surprise}

    def _with_errors(self, loss: tf.Tensor, real: tf.Tensor, fake: tf.Tensor, own: tf.Tensor, training: bool) -> Terms:
        """The generator's terms: `loss`, `cycle_loss` and `identity_loss`, each (batch,)."""
        cycle = self._error(real, fake, own, training)
        loss += self.cycle_weight * cycle
        if self.identity_weight == 0:
            return {"loss": loss, "cycle_loss": cycle, "identity_loss": tf.zeros_like(cycle)}
        identity = self._error(real, real, own, training)
        loss += self.cycle_weight * self.identity_weight * identity
        return {"loss": loss, "cycle_loss": cycle, "identity_loss": identity}

    def _error(self, real: tf.Tensor, given: tf.Tensor, own: tf.Tensor, training: bool) -> tf.Tensor:
        """How far pictures are from what is given, translated to their domain, (batch,)."""
        made = self.generator(self._given(given, own), training=training)
        return losses.absolute_error(real, tf.cast(made, tf.float32))

    def _reported(self, generator: Terms, discriminator: Terms) -> Terms:
        errors = {name: generator[name] for name in ("cycle_loss", "identity_loss")}
        return self.reported(generator, discriminator, **errors, class_loss=discriminator["class_loss"])


class _Judge:
    """The discriminator's logits of patches, which keeps its guesses at the domain as well."""

    def __init__(self, network: keras.Model) -> None:
        self.network = network
        self.guesses: list[tf.Tensor] = []

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        logits, guess = self.network(images, training=True)
        self.guesses.append(guess)
        return logits


def _check_told(generator: keras.Model, image_shape: tuple[int, ...], classes: int) -> None:
    """Refuses a generator that gives the same picture for two domains."""
    pictures = tf.constant(np.random.default_rng(0).uniform(-1, 1, (1, *image_shape)).astype(np.float32))
    one, other = (
        np.asarray(generator(beside_class(pictures, tf.constant([label]), classes), training=False)) for label in (0, 1)
    )
    if np.abs(one - other).max() <= SAME * np.abs(one).max() and one.any():
        raise InputError(
            "the generator must not normalize the class away: choose `unet`, or `normalization: batch` or `none`. "
            "Received: one that gives the same picture for two classes."
        )


def _guessing(discriminator: keras.Model, image_shape: tuple[int, ...], classes: int) -> keras.Model:
    """The discriminator as a player: image -> logits of patches, and of the classes."""
    image = keras.Input(image_shape, name="image")
    features, logits = with_hidden(discriminator)(image)
    guess = layers.Dense(classes, name="class_logits")(layers.GlobalAveragePooling2D()(features))
    return keras.Model(image, [logits, guess])


def _surprise(labels: tf.Tensor, guess: tf.Tensor) -> tf.Tensor:
    """Cross-entropy of a guess, class logits, in nats, (batch,)."""
    return losses.label_cross_entropy(labels, tf.cast(guess, tf.float32))
