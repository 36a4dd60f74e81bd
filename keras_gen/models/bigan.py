"""The bidirectional GAN, which learns to encode."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from keras_gen.losses.penalties import Discriminator, Sample
from keras_gen.networks import NetworkSpec, build_network
from keras_gen.training.encoding import EncodingAdversarialModel
from keras_gen.training.game import Terms
from keras_gen.training.moves import Moves, joined, watching
from keras_gen.training.spec import ModelSpec
from serving.common.errors import require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class BiGAN(EncodingAdversarialModel):
    """A GAN with an encoder: the discriminator tells (picture, its code) from (generated picture, its latent).

    If it cannot, encoder and generator are inverse to each other. In each training step the discriminator is updated
    first, then encoder and generator together, so that each kind of pair is classified as the other. Reports are those
    of `gan`.

    Args:
        image_shape: (height, width, channels).
        latent_dim: length of a latent.
        encoder: network from pictures to codes: `dcgan`, `conv`, `mlp`, a dictionary of the name and its options, or a
            `keras.Model`.
        generator: network from latents to pictures in [-1, 1]; given like the encoder.
        discriminator: network from a picture and a code to one logit: `dcgan`, `mlp`, or as above.
        seed: seed of the training noise.
        **options: those of `GenerativeAdversarialModel`.

    Raises:
        InputError: a value out of range, or networks that do not fit.

    Source: Donahue et al. 2017, "Adversarial Feature Learning", equation 3; Dumoulin et al. 2017, "Adversarially
    Learned Inference". As there, the generator's side minimizes the non-saturating form.
    """

    spec = ModelSpec(prior="standard_normal")

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        latent_dim: int = 50,
        encoder: NetworkSpec = "dcgan",
        generator: NetworkSpec = "dcgan",
        discriminator: NetworkSpec = "dcgan",
        seed: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(seed, [], **options)
        require_at_least(1, latent_dim=latent_dim)
        self.image_shape = tuple(image_shape)
        self.latent_dim = latent_dim
        shape = {"image_shape": self.image_shape}
        self.build_both(encoder, generator)
        self.discriminator = build_network(
            "joint_discriminator",
            discriminator,
            [self.image_shape, (latent_dim,)],
            (1,),
            latent_dim=latent_dim,
            **shape,
        )
        self.begin()

    @property
    def players(self) -> dict[str, keras.Model]:
        return {"generator": self.both, "discriminator": self.discriminator}

    def moves(self, images: tf.Tensor) -> Moves:
        judge = partial(self._judge, training=True)
        judged = []
        for turn, pictures in enumerate(self.turns(images)):
            latents = self.noise.training_rows(tf.shape(pictures)[0], self.latent_dim, f"latents {turn}")
            with watching(self.both) as tape:
                encoded = (pictures, self.encoder(pictures, training=True))
                generated = (self.generator(latents, training=True), latents)
            terms = partial(self.game.discriminator_terms, judge, encoded, generated, f"turn {turn}")
            judged.append((yield self.discriminator_move(terms, turn)))
        generator = yield self.generator_move(partial(self._generator_terms, judge, encoded, generated), tape)
        return self.reported(generator, joined(judged))

    def evaluation(self, images: tf.Tensor) -> Terms:
        latents = self.noise.evaluation_rows(tf.shape(images)[0], self.latent_dim, "generator")
        pairs = (
            (images, self.encoder(images, training=False)),
            (self.generator(latents, training=False), latents),
        )
        encoded, generated = (self._judge(pair, training=False) for pair in pairs)
        fooling = self._fooling(encoded, generated, self.game.generator_loss)
        return self.reported({"loss": fooling}, self.game.score(encoded, generated))

    def _judge(self, pair: Sample, training: bool) -> tf.Tensor:
        """Logits of pairs of a picture and a code: large where the picture is taken for real."""
        return self.discriminator(list(pair), training=training)

    def _generator_terms(self, judge: Discriminator, encoded: Sample, generated: Sample) -> Terms:
        encoded, generated = (self.game.shown(pair, f"generator/{i}") for i, pair in enumerate((encoded, generated)))
        return {"loss": self._fooling(judge(encoded), judge(generated), self.game.fooling_loss)}

    def _fooling(
        self, encoded_logits: tf.Tensor, generated_logits: tf.Tensor, loss: Callable[..., tf.Tensor]
    ) -> tf.Tensor:
        """The loss of encoder and generator: generated pairs shall be taken for encoded ones, and the reverse.

        For the encoder the sides are exchanged, which mirrors its logits at the boundary between them.
        """
        generated = loss(generated_logits, encoded_logits)
        if self.game.pair.relative:
            return generated
        mirrored = 2.0 * (self.game.pair.boundary or 0.0) - tf.cast(encoded_logits, tf.float32)
        return generated + self.game.generator_loss(mirrored, None)
