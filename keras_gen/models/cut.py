"""Translation in one direction, learned without pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_gen import losses
from keras_gen.networks import NetworkSpec, build_network
from keras_gen.networks.features import features_of, projection_head
from keras_gen.training.answers import Answers
from keras_gen.training.attention import Attention
from keras_gen.training.game import LossName, Terms
from keras_gen.training.generative import GenerativeAdversarialModel
from keras_gen.training.moves import Moves, joined, watching
from keras_gen.training.pieces import side_by_side, translating_networks
from keras_gen.training.spec import ModelSpec
from serving.common.errors import InputError, require_at_least

# (rows, numbers of each, purpose) -> uniform numbers, (rows, numbers).
Draw = Callable[[tf.Tensor, int, str], tf.Tensor]
# Translations, their masks if there are any, and what the generator sees of its input.
Watched = tuple[tf.Tensor, list[tf.Tensor], list[tf.Tensor]]


@keras.saving.register_keras_serializable(package="keras_gen")
class CUT(GenerativeAdversarialModel):
    """A generator from domain A to domain B and a discriminator of B; what stays is learned from patches.

    At some places of a picture, the features that the generator's first half sees in the translation must tell which
    place of the input they belong to, among the others (patch-wise contrastive loss). Identity patches: the same for a
    picture of B and what the generator makes of it. Reported beside the players' losses: `nce_loss` and
    `identity_loss`, in nats, the mean over layers and places. `fit` takes (pictures of A, pictures of B).

    Args:
        image_shape: (height, width, channels) of both domains.
        generator: network from pictures to pictures in [-1, 1], of the role `translator`: `resnet`, `unet`, a
            dictionary of the name and its options, or a `keras.Model`.
        discriminator: network from pictures to logits of patches, of the role `patch_discriminator`; given likewise.
        nce_weight: weight of the contrastive loss in the generator's loss.
        identity_weight: weight of the identity patches there; 0 saves two forward passes per step.
        patches: places of each picture and layer that are compared, as many as there are at most.
        temperature: of the contrastive loss.
        projection_units: length of the vectors that are compared, and of the layer before them.
        feature_layers: names of the generator's layers whose features are compared, beside the picture itself; by
            default its strided convolutions and two residual blocks.
        noise_dim: length of a latent beside the picture, for several answers to it; 0 for one. This and the next three
            are as in `Pix2Pix`.
        diversity_weight: weight of the mode seeking loss.
        recovery_weight: weight of the error of the recovered latent.
        latent_encoder: network from pictures to latents.
        attention: whether the generator gives a mask beside each translation, outside of which a picture stays what it
            was. Reported as `mask_area`, the mean of the mask. A `keras.Model` as generator gives the mask in [0, 1] as
            its last channel, and pictures that are mixed already.
        attention_weight: weight of this area in the generator's loss.
        seed: seed of the training noise.
        loss: as in `GenerativeAdversarialModel`.
        **options: those of `GenerativeAdversarialModel`.

    Raises:
        InputError: a value out of range, or networks that do not fit.

    Source: Park et al. 2020, "Contrastive Learning for Unpaired Image-to-Image Translation", equations 1 to 5. No
    gradient flows through what a translation is compared with.
    """

    spec = ModelSpec(translates="unpaired")
    default_batch_size: ClassVar = 1

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (256, 256, 3),
        generator: NetworkSpec = "resnet",
        discriminator: NetworkSpec = "patchgan",
        nce_weight: float = 1.0,
        identity_weight: float = 1.0,
        patches: int = 256,
        temperature: float = 0.07,
        projection_units: int = 256,
        feature_layers: Sequence[str] = (),
        noise_dim: int = 0,
        diversity_weight: float = 0.1,
        recovery_weight: float = 0.5,
        latent_encoder: NetworkSpec = "conv",
        attention: bool = False,
        attention_weight: float = 0.1,
        seed: int = 0,
        loss: LossName = "least_squares",
        **options: Any,
    ) -> None:
        attended = Attention(attention, attention_weight)
        super().__init__(seed, ["nce_loss", "identity_loss", *attended.reports], loss=loss, **options)
        require_at_least(0, nce_weight=nce_weight, identity_weight=identity_weight)
        require_at_least(1, projection_units=projection_units)
        require_at_least(2, patches=patches)
        if not temperature > 0:
            raise InputError(f"`temperature` must be above 0. Received: {temperature}.")
        self.image_shape = shape = tuple(image_shape)
        self.answers = Answers(noise_dim, diversity_weight, recovery_weight, latent_encoder, shape, self.noise)
        self.attended = attended
        self.generator = attended.translator(generator, (*shape[:2], shape[2] + noise_dim), shape[2])
        self.pictures = attended.pictures(self.generator)
        self.answers.check(self.pictures)
        self.latent_encoder = self.answers.encoder or latent_encoder
        self.discriminator = build_network(
            "patch_discriminator", discriminator, shape, (None, None, 1), image_shape=shape
        )
        features = features_of(self.generator, feature_layers)
        seen = [self.generator.inputs[0], *features]
        self.encoder = keras.Model(self.generator.inputs, seen)
        self.watched = keras.Model(self.generator.inputs, [*attended.parts(self.generator), *seen])
        self.heads = [projection_head(part.shape[-1], projection_units) for part in seen]
        self.moved = self.answers.with_encoder(self.generator, *self.heads)
        self.nce_weight = nce_weight
        self.identity_weight = identity_weight
        self.patches = patches
        self.temperature = temperature
        self.projection_units = projection_units
        self.feature_layers = tuple(feature_layers)
        self.noise_dim = noise_dim
        self.diversity_weight = diversity_weight
        self.recovery_weight = recovery_weight
        self.attention = attention
        self.attention_weight = attention_weight
        self.begin()
        self.average_pictures = attended.pictures(self.average)

    @property
    def players(self) -> dict[str, keras.Model]:
        return {"generator": self.moved, "discriminator": self.discriminator}

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures of B in [-1, 1] of pictures of A, by the averaged generator; with noise, that of the latent 0."""
        return self.average_pictures(self.answers.given_mean(images), training=False)

    def moves(self, of_a: tf.Tensor, of_b: tf.Tensor) -> Moves:
        judge = partial(self.discriminator, training=True)
        judged = []
        for turn, (given, real) in enumerate(self.turns((of_a, of_b))):
            latents = self.answers.drawn(given, f"latents {turn}")
            with watching(self.moved) as tape:
                made = self._watched(given, latents, training=True)
            fake = made[0]
            terms = partial(self.game.discriminator_terms, judge, real, fake, f"turn {turn}")
            judged.append((yield self.discriminator_move(terms, turn)))
        generator = yield self.generator_move(partial(self._generator_terms, given, real, made, latents), tape)
        return self._reported(generator, joined(judged))

    def evaluation(self, of_a: tf.Tensor, of_b: tf.Tensor) -> Terms:
        latents = self.answers.evaluated(of_a)
        made = self._watched(of_a, latents, training=False)
        real_logits, fake_logits = (self.discriminator(images, training=False) for images in (of_b, made[0]))
        adversarial = self.game.generator_loss(fake_logits, real_logits)
        draw = partial(self.noise.evaluation_rows, uniform=True)
        generator = self._with_contrast(adversarial, of_b, made, latents, draw, training=False)
        return self._reported(generator, self.game.score(real_logits, fake_logits))

    def preview(self, images: np.ndarray, seed: int) -> np.ndarray:
        """Pictures of A, each beside its translation, with noise one of those of the seed."""
        given = self.answers.given(tf.constant(images), self.answers.of_seed(images, seed))
        return side_by_side(images, self.average_pictures(given, training=False))

    def inference_networks(self) -> dict[str, keras.Model]:
        """`a_to_b`: image, with noise and latent, -> translation, with attention and mask, the averaged generator, and
        that for tiles."""
        return translating_networks("a_to_b", self.average, self.noise_dim, masked=self.attention)

    def _generator_terms(
        self,
        given: tf.Tensor,
        real: tf.Tensor,
        made: Watched,
        latents: tf.Tensor | None,
    ) -> Terms:
        fake = made[0]
        adversarial = self.game.generator_terms(partial(self.discriminator, training=True), real, fake)["loss"]
        draw = partial(self.noise.training_rows, uniform=True)
        terms = self._with_contrast(adversarial, real, made, latents, draw, training=True)
        further = self.answers.loss(partial(self.pictures, training=True), given, fake, latents)
        return {**terms, "loss": terms["loss"] + further}

    def _with_contrast(
        self,
        adversarial: tf.Tensor,
        real: tf.Tensor,
        made: Watched,
        latents: tf.Tensor | None,
        draw: Draw,
        training: bool,
    ) -> Terms:
        """The generator's terms: `loss`, `nce_loss` and `identity_loss`, each (batch,), and what masks add."""
        fake, masks, seen = made
        contrast = self._contrast(fake, seen, latents, draw, "places", training)
        terms = self.attended.terms(adversarial + self.nce_weight * contrast, masks)
        if self.identity_weight == 0:
            return {**terms, "nce_loss": contrast, "identity_loss": tf.zeros_like(contrast)}
        kept, _, seen = self._watched(real, latents, training)
        identity = self._contrast(kept, seen, latents, draw, "identity", training)
        loss = terms["loss"] + self.identity_weight * identity
        return {**terms, "loss": loss, "nce_loss": contrast, "identity_loss": identity}

    def _watched(self, images: tf.Tensor, latents: tf.Tensor | None, training: bool) -> Watched:
        made, *further = self.watched(self.answers.given(images, latents), training=training)
        masks = len(further) - len(self.heads)
        return made, further[:masks], further[masks:]

    def _contrast(
        self,
        made: tf.Tensor,
        seen: Sequence[tf.Tensor],
        latents: tf.Tensor | None,
        draw: Draw,
        purpose: str,
        training: bool,
    ) -> tf.Tensor:
        """How well the places of pictures tell those of what they were made of, the mean over layers, (batch,)."""
        parts = []
        found = self.encoder(self.answers.given(made, latents), training=training)
        for index, (head, query, key) in enumerate(zip(self.heads, found, seen, strict=True)):
            count = query.shape[1] * query.shape[2]
            drawn = draw(tf.shape(query)[0], count, f"{purpose}/{index}")
            places = tf.math.top_k(drawn, min(self.patches, count)).indices
            wanted = tf.stop_gradient(_projected(head, key, places))
            parts.append(losses.patch_contrastive_loss(_projected(head, query, places), wanted, self.temperature))
        return tf.add_n(parts) / len(parts)

    def _reported(self, generator: Terms, discriminator: Terms) -> Terms:
        contrasts = {name: generator[name] for name in ("nce_loss", "identity_loss", *self.attended.reports)}
        return self.reported(generator, discriminator, **contrasts)


def _projected(head: keras.Model, features: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
    """Vectors of length 1, (batch, places, units), of features (batch, height, width, channels) at places that are
    counted row by row."""
    rows, (height, width, channels) = tf.shape(features)[0], features.shape[1:]
    at_places = tf.gather(tf.reshape(features, (rows, height * width, channels)), places, batch_dims=1)
    return tf.math.l2_normalize(tf.cast(head(at_places), tf.float32), axis=-1)
