"""Translation between two domains, learned without pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_gen import losses
from keras_gen.networks import NetworkSpec, build_network
from keras_gen.training.attention import Attention
from keras_gen.training.game import LossName, Terms
from keras_gen.training.generative import GenerativeAdversarialModel
from keras_gen.training.image_pool import ImagePool
from keras_gen.training.moves import Moves, joined, watching
from keras_gen.training.pieces import apart, both_ways, side_by_side, translating_networks
from keras_gen.training.spec import ModelSpec
from serving.common.errors import require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class CycleGAN(GenerativeAdversarialModel):
    """Two generators, from domain A to B and back, and a discriminator of each domain.

    Cycle loss: A -> B -> A returns the input. Identity loss: an image already in the target domain is unchanged. The
    discriminators also see generated pictures of earlier training steps. Both generators are one player, both
    discriminators the other. Reported beside their losses: `cycle_loss` and `identity_loss`, mean absolute errors in
    units of [-1, 1], each summed over both directions. `fit` takes (pictures of A, pictures of B).

    Args:
        image_shape: (height, width, channels) of both domains.
        generator: network from pictures to pictures in [-1, 1], of the role `translator`: `resnet`, `unet`, a
            dictionary of the name and its options, of which each direction gets one of its own; or a `keras.Model` of
            both, [pictures of A, pictures of B] -> [in B, in A].
        discriminator: network from pictures to logits of patches, of the role `patch_discriminator`; likewise, or a
            `keras.Model` of both, [pictures of A, pictures of B] -> [logits of A's patches, of B's].
        cycle_weight: weight of the cycle loss in the loss of the generators.
        identity_weight: weight of the identity loss, as a share of `cycle_weight`; 0 saves two forward passes per step.
        pool_size: number of generated pictures of earlier steps that are kept per domain; at least a global batch, or
            0.
        attention: whether each generator gives a mask beside a translation, outside of which a picture stays what it
            was. Reported as `mask_area`, the mean of the mask, summed over both directions. A `keras.Model` as
            generator gives the mask in [0, 1] as its last channel, and pictures that are mixed already.
        attention_weight: weight of this area in the loss of the generators.
        seed: seed of the training noise.
        loss: as in `GenerativeAdversarialModel`.
        **options: those of `GenerativeAdversarialModel`.

    Raises:
        InputError: a value out of range, or networks that do not fit.

    Source: Zhu et al. 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
    equations 1 to 3, sections 4 and 5.2.
    """

    spec = ModelSpec(translates="unpaired")
    default_batch_size: ClassVar = 1

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (256, 256, 3),
        generator: NetworkSpec = "resnet",
        discriminator: NetworkSpec = "patchgan",
        cycle_weight: float = 10.0,
        identity_weight: float = 0.5,
        pool_size: int = 50,
        attention: bool = False,
        attention_weight: float = 0.1,
        seed: int = 0,
        loss: LossName = "least_squares",
        **options: Any,
    ) -> None:
        attended = Attention(attention, attention_weight)
        super().__init__(seed, ["cycle_loss", "identity_loss", *attended.reports], loss=loss, **options)
        require_at_least(0, cycle_weight=cycle_weight, identity_weight=identity_weight)
        self.image_shape = tuple(image_shape)
        self.attended = attended
        self.generator = both_ways(generator, self._translator, ("a_to_b", "b_to_a"))
        self.discriminator = both_ways(discriminator, self._judge, ("judge_a", "judge_b"))
        self.a_to_b, self.b_to_a = map(attended.pictures, apart(self.generator))
        self.with_masks = [keras.Model(one.inputs, attended.parts(one)) for one in apart(self.generator)]
        self.judge_a, self.judge_b = apart(self.discriminator)
        self.pool_a, self.pool_b = (ImagePool(self.image_shape, pool_size, self.noise, name) for name in "ab")
        self.cycle_weight = cycle_weight
        self.identity_weight = identity_weight
        self.pool_size = pool_size
        self.attention = attention
        self.attention_weight = attention_weight
        self.spec = replace(self.spec, largest_batch=pool_size or None)
        self.begin()
        self.averages = apart(self.average)
        self.average_pictures = attended.pictures(self.averages[0])

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures of B in [-1, 1] of pictures of A, by the averaged generator."""
        return self.average_pictures(images, training=False)

    def moves(self, of_a: tf.Tensor, of_b: tf.Tensor) -> Moves:
        judged = []
        for turn, real in enumerate(self.turns((of_a, of_b))):
            with watching(self.generator) as tape:
                fake, masks = self._translated(real, training=True)
            terms = partial(self._discriminator_terms, real, fake, turn)
            judged.append((yield self.discriminator_move(terms, turn)))
        generator = yield self.generator_move(partial(self._generator_terms, real, fake, masks), tape)
        return self._reported(generator, joined(judged))

    def evaluation(self, of_a: tf.Tensor, of_b: tf.Tensor) -> Terms:
        real = (of_a, of_b)
        fake, masks = self._translated(real, training=False)
        logits = [
            (judge(images, training=False), judge(made, training=False))
            for judge, images, made in zip(self._judges(), real, fake, strict=True)
        ]
        adversarial = tf.add_n([self.game.generator_loss(made, images) for images, made in logits])
        discriminator = _added([self.game.score(*of_domain) for of_domain in logits])
        return self._reported(self._with_errors(adversarial, real, fake, masks, training=False), discriminator)

    def preview(self, images: np.ndarray, seed: int) -> np.ndarray:
        """Pictures of A, each beside its translation."""
        return side_by_side(images, self(tf.constant(images)))

    def inference_networks(self) -> dict[str, keras.Model]:
        """`a_to_b` and `b_to_a`: image -> translation, with attention and mask, the averaged generators, and those for
        tiles."""
        there, back = (partial(translating_networks, network=each, masked=self.attention) for each in self.averages)
        return there("a_to_b") | back("b_to_a")

    def _translator(self, spec: NetworkSpec) -> keras.Model:
        return self.attended.translator(spec, self.image_shape, self.image_shape[2])

    def _judge(self, spec: NetworkSpec) -> keras.Model:
        shape = self.image_shape
        return build_network("patch_discriminator", spec, shape, (None, None, 1), image_shape=shape)

    def _judges(self) -> tuple[keras.Model, keras.Model]:
        return self.judge_a, self.judge_b

    def _translated(self, real: Sequence[tf.Tensor], training: bool) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        """Made pictures of A and of B, and their masks if there are any."""
        there, back = self.with_masks
        # A network with one output gives it alone, and not in a list.
        made = [
            keras.tree.flatten(each) for each in (back(real[1], training=training), there(real[0], training=training))
        ]
        return [pictures for pictures, *_ in made], [mask for _, *masks in made for mask in masks]

    def _discriminator_terms(self, real: Sequence[tf.Tensor], fake: Sequence[tf.Tensor], turn: int) -> Terms:
        shown = (self.pool_a(fake[0], turn=turn), self.pool_b(fake[1], turn=turn))
        return _added(
            [
                self.game.discriminator_terms(partial(judge, training=True), images, made, f"turn {turn}/{domain}")
                for judge, images, made, domain in zip(self._judges(), real, shown, "ab", strict=True)
            ]
        )

    def _generator_terms(self, real: Sequence[tf.Tensor], fake: Sequence[tf.Tensor], masks: list[tf.Tensor]) -> Terms:
        terms = [
            self.game.generator_terms(partial(judge, training=True), images, made, purpose)
            for judge, images, made, purpose in zip(
                self._judges(), real, fake, ("generator", "generator/b"), strict=True
            )
        ]
        adversarial = tf.add_n([of_domain["loss"] for of_domain in terms])
        return self._with_errors(adversarial, real, fake, masks, training=True)

    def _with_errors(
        self,
        adversarial: tf.Tensor,
        real: Sequence[tf.Tensor],
        fake: Sequence[tf.Tensor],
        masks: list[tf.Tensor],
        training: bool,
    ) -> Terms:
        """The generators' terms: `loss`, `cycle_loss` and `identity_loss`, each (batch,), and what masks add."""
        back = (self.b_to_a(fake[1], training=training), self.a_to_b(fake[0], training=training))
        cycle = _error(real, back)
        terms = self.attended.terms(adversarial + self.cycle_weight * cycle, masks)
        if self.identity_weight == 0:
            return {**terms, "cycle_loss": cycle, "identity_loss": tf.zeros_like(cycle)}
        kept = (self.b_to_a(real[0], training=training), self.a_to_b(real[1], training=training))
        identity = _error(real, kept)
        loss = terms["loss"] + self.cycle_weight * self.identity_weight * identity
        return {**terms, "loss": loss, "cycle_loss": cycle, "identity_loss": identity}

    def _reported(self, generator: Terms, discriminator: Terms) -> Terms:
        errors = {name: generator[name] for name in ("cycle_loss", "identity_loss", *self.attended.reports)}
        return self.reported(generator, discriminator, **errors)


def _error(real: Sequence[tf.Tensor], made: Sequence[tf.Tensor]) -> tf.Tensor:
    """Mean absolute errors of both domains, added up, (batch,)."""
    errors = [losses.absolute_error(one, tf.cast(other, tf.float32)) for one, other in zip(real, made, strict=True)]
    return tf.add_n(errors)


def _added(terms: list[Terms]) -> Terms:
    """The discriminators' `loss` added up, and the mean of whatever else they say."""
    sums = {name: tf.add_n([of_domain[name] for of_domain in terms]) for name in terms[0]}
    return {name: value if name == "loss" else value / len(terms) for name, value in sums.items()}
