"""The autoencoding GAN: a GAN in both directions, each of which is undone by the other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from keras_gen import losses
from keras_gen.losses.penalties import Discriminator
from keras_gen.networks import NetworkSpec, build_network
from keras_gen.training.clipping import clip_weights
from keras_gen.training.encoding import EncodingAdversarialModel
from keras_gen.training.game import Terms
from keras_gen.training.moves import Moves, joined, watching
from keras_gen.training.pieces import together
from keras_gen.training.spec import ModelSpec
from serving.common.errors import require_at_least


class Made(NamedTuple):
    """What generator and encoder make of latents z and pictures x, and of what each other made of them.

    Attributes:
        samples: G(z).
        codes: E(x).
        reconstructions: G(E(x)).
        recovered: E(G(z)).
    """

    samples: tf.Tensor
    codes: tf.Tensor
    reconstructions: tf.Tensor
    recovered: tf.Tensor

    def pictures(self) -> dict[str, tf.Tensor]:
        """What shall look like pictures."""
        return {"samples": self.samples, "reconstructions": self.reconstructions}

    def latents(self) -> tuple[tf.Tensor, tf.Tensor]:
        """What shall be distributed like latents."""
        return self.codes, self.recovered


@keras.saving.register_keras_serializable(package="keras_gen")
class AEGAN(EncodingAdversarialModel):
    """A generator and an encoder, a discriminator of pictures and one of latents, and both ways there and back.

    Samples and reconstructions shall look like pictures, codes and recovered latents shall be distributed like latents,
    x -> E -> G -> x returns the picture and z -> G -> E -> z the latent. In each training step both discriminators are
    updated first, then encoder and generator. Reports are those of `gan`, with the losses of all four added up with
    their weights, and `picture_error`, the mean absolute error of reconstructions in units of [-1, 1], and
    `latent_error`, the mean squared error of recovered latents, which is 1 for an encoder that gives zeros.

    Args:
        image_shape: (height, width, channels).
        latent_dim: length of a latent.
        encoder: network from pictures to codes: `dcgan`, `conv`, `mlp`, a dictionary of the name and its options, or a
            `keras.Model`.
        generator: network from latents to pictures in [-1, 1]; given like the encoder.
        discriminator: network from a picture to one logit: `dcgan`, `mlp`, or as above.
        latent_discriminator: network from a latent to one logit: `mlp`, or as above.
        picture_weight: weight of the picture error.
        latent_weight: weight of the latent error.
        adversarial_weight: weight of fooling the discriminator of pictures.
        code_weight: weight of fooling the discriminator of latents.
        seed: seed of the training noise.
        **options: those of `GenerativeAdversarialModel`. Augmentation, noise, consistency, LeCam and top-k are of
            pictures; loss, penalties and label smoothing are of both discriminators.

    Raises:
        InputError: a value out of range, or networks that do not fit.

    Source: Lazarou 2020, "Autoencoding Generative Adversarial Networks", whose weights and distances are those of the
    author's program. An autoencoder whose decoder is a GAN's generator: Luo et al. 2017, "Learning Inverse Mapping by
    Autoencoder Based Generative Adversarial Nets".
    """

    spec = ModelSpec(prior="standard_normal")

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        latent_dim: int = 32,
        encoder: NetworkSpec = "dcgan",
        generator: NetworkSpec = "dcgan",
        discriminator: NetworkSpec = "dcgan",
        latent_discriminator: NetworkSpec = "mlp",
        picture_weight: float = 1.0,
        latent_weight: float = 0.5,
        adversarial_weight: float = 0.005,
        code_weight: float = 0.1,
        seed: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(seed, ["picture_error", "latent_error"], **options)
        require_at_least(1, latent_dim=latent_dim)
        require_at_least(0, picture_weight=picture_weight, latent_weight=latent_weight)
        require_at_least(0, adversarial_weight=adversarial_weight, code_weight=code_weight)
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        shape = {"image_shape": self.image_shape}
        self.build_both(encoder, generator)
        self.discriminator = build_network("discriminator", discriminator, self.image_shape, (1,), **shape)
        self.latent_discriminator = build_network(
            "code_discriminator", latent_discriminator, (latent_dim,), (1,), size=latent_dim
        )
        self.picture_weight = picture_weight
        self.latent_weight = latent_weight
        self.adversarial_weight = adversarial_weight
        self.code_weight = code_weight
        self.judges = together(self.discriminator, self.latent_discriminator)
        self.begin()
        if self.weight_clip is not None:
            clip_weights(self.latent_discriminator, self.weight_clip)

    @property
    def players(self) -> dict[str, keras.Model]:
        return {"generator": self.both, "discriminator": self.judges}

    def moves(self, images: tf.Tensor) -> Moves:
        judged = []
        for turn, pictures in enumerate(self.turns(images)):
            latents = self.noise.training_rows(tf.shape(pictures)[0], self.latent_dim, f"latents {turn}")
            with watching(self.both) as tape:
                made = self._made(pictures, latents, training=True)
            terms = partial(self._discriminator_terms, pictures, latents, made, f"turn {turn}")
            judged.append((yield self.discriminator_move(terms, turn)))
        generator = yield self.generator_move(partial(self._generator_terms, pictures, latents, made), tape)
        return self._reported(generator, joined(judged))

    def evaluation(self, images: tf.Tensor) -> Terms:
        latents = self.noise.evaluation_rows(tf.shape(images)[0], self.latent_dim, "generator")
        made = self._made(images, latents, training=False)
        fooling, scores = [], []
        for judge, real, fakes in (
            (self.discriminator, images, made.pictures().values()),
            (self.latent_discriminator, latents, made.latents()),
        ):
            real_logits, *fake_logits = (judge(each, training=False) for each in (real, *fakes))
            fooling.append(_mean([self.game.generator_loss(logits, real_logits) for logits in fake_logits]))
            scores.append(_mean_terms([self.game.score(real_logits, logits) for logits in fake_logits]))
        return self._reported(self._with_errors(images, latents, made, *fooling), _of_both(*scores))

    def _made(self, images: tf.Tensor, latents: tf.Tensor, training: bool) -> Made:
        samples = self.generator(latents, training=training)
        codes = self.encoder(images, training=training)
        return Made(samples, codes, self.generator(codes, training=training), self.encoder(samples, training=training))

    def _discriminator_terms(self, images: tf.Tensor, latents: tf.Tensor, made: Made, purpose: str) -> Terms:
        judge, judge_latents = self._judges()
        of_pictures = [
            self.game.discriminator_terms(judge, images, fake, f"{purpose}/{name}")
            for name, fake in made.pictures().items()
        ]
        real_logits = judge_latents(latents)
        of_latents = _mean_terms([self.game.score(real_logits, judge_latents(fake)) for fake in made.latents()])
        of_latents["loss"] += self.game.penalty(judge_latents, latents, made.codes, f"{purpose}/latents")
        return _of_both(_mean_terms(of_pictures), of_latents)

    def _generator_terms(self, images: tf.Tensor, latents: tf.Tensor, made: Made) -> Terms:
        judge, judge_latents = self._judges()
        fooling = [
            self.game.generator_terms(judge, images, fake, f"generator/{name}")["loss"]
            for name, fake in made.pictures().items()
        ]
        real_logits = judge_latents(latents) if self.game.pair.relative else None
        coding = [self.game.generator_loss(judge_latents(fake), real_logits) for fake in made.latents()]
        return self._with_errors(images, latents, made, _mean(fooling), _mean(coding))

    def _judges(self) -> tuple[Discriminator, Discriminator]:
        """The discriminators of pictures and of latents in training."""
        return partial(self.discriminator, training=True), partial(self.latent_discriminator, training=True)

    def _with_errors(
        self, images: tf.Tensor, latents: tf.Tensor, made: Made, fooling: tf.Tensor, coding: tf.Tensor
    ) -> Terms:
        """The terms of encoder and generator: `loss`, `picture_error` and `latent_error`, each (batch,)."""
        picture = losses.absolute_error(images, tf.cast(made.reconstructions, tf.float32))
        latent = losses.squared_error(latents, tf.cast(made.recovered, tf.float32))
        adversarial = self.adversarial_weight * fooling + self.code_weight * coding
        loss = adversarial + self.picture_weight * picture + self.latent_weight * latent
        return {"loss": loss, "picture_error": picture, "latent_error": latent}

    def _reported(self, generator: Terms, discriminator: Terms) -> Terms:
        errors = {name: generator[name] for name in ("picture_error", "latent_error")}
        return self.reported(generator, discriminator, **errors)


def _mean(values: Sequence[tf.Tensor]) -> tf.Tensor:
    return tf.add_n(list(values)) / len(values)


def _mean_terms(terms: Sequence[Terms]) -> Terms:
    return {name: _mean([each[name] for each in terms]) for name in terms[0]}


def _of_both(of_pictures: Terms, of_latents: Terms) -> Terms:
    """Terms of both discriminators as those of one player: losses are added, accuracies averaged."""
    accuracy = _mean([of_pictures["accuracy"], of_latents["accuracy"]])
    return {**of_pictures, "loss": of_pictures["loss"] + of_latents["loss"], "accuracy": accuracy}
