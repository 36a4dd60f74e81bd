"""Coupled generative adversarial networks: what domains have in common, learned without pairs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_gen.networks import NetworkSpec, build_network
from keras_gen.networks.coupling import with_own_beginnings, with_own_ends
from keras_gen.training.game import Terms
from keras_gen.training.generative import GenerativeAdversarialModel
from keras_gen.training.moves import Moves, joined, watching
from keras_gen.training.pieces import as_pictures, decoding_network
from keras_gen.training.spec import ModelSpec
from serving.common.classes import class_labels, require_classes
from serving.common.errors import require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class CoupledGAN(GenerativeAdversarialModel):
    """A GAN of several domains, whose pictures of one latent belong together.

    Each domain has a generator and a discriminator. The generators have their first layers in common, those that say
    what is in a picture, and the discriminators their last ones; the other layers say how it looks in the domain. So
    the joint distribution is learned although no picture is there in two domains. The domains are the classes of the
    data: `fit` takes (pictures, labels of the domains), and a latent with one label after the other is one thing in
    every domain. Moves and reports are those of `gan`.

    Args:
        image_shape: (height, width, channels), of all domains.
        classes: names of the domains, in the order of their labels; at least two.
        latent_dim: length of a latent.
        generator: network from latents to pictures in [-1, 1] for one domain: `dcgan`, `r3`, `mlp`, a dictionary of the
            name and its options; or a `keras.Model` of all, [latents, labels] -> pictures.
        discriminator: network from pictures to one logit; likewise, or [pictures, labels] -> logits.
        own_layers: how many layers with a kernel, the last ones of a generator and the first ones of a discriminator,
            are a domain's own.
        seed: seed of the training noise.
        **options: those of `GenerativeAdversarialModel`.

    Raises:
        InputError: fewer than two domains, a value out of range, or networks that do not fit or cannot be cut there.

    Source: Liu & Tuzel 2016, "Coupled Generative Adversarial Networks", section 3. There a step takes the same latents
    for all domains; here each latent goes to the domain of the real picture that stands beside it.
    """

    spec = ModelSpec(prior="standard_normal", labelled=True)

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        classes: tuple[str, ...] = (),
        latent_dim: int = 64,
        generator: NetworkSpec = "dcgan",
        discriminator: NetworkSpec = "dcgan",
        own_layers: int = 1,
        seed: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(seed, [], **options)
        require_classes(classes)
        require_at_least(1, latent_dim=latent_dim, own_layers=own_layers)
        self.spec = replace(self.spec, classes=tuple(classes))
        self.image_shape = tuple(image_shape)
        self.classes = tuple(classes)
        self.latent_dim = latent_dim
        self.own_layers = own_layers
        shape = {"image_shape": self.image_shape}
        of_latents = {"latent_dim": latent_dim, **shape}
        self.generator = self._coupled("generator", generator, (latent_dim,), self.image_shape, of_latents)
        self.discriminator = self._coupled("discriminator", discriminator, self.image_shape, (1,), shape)
        self.begin()

    def call(self, latents: tf.Tensor, labels: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures in [-1, 1] of latents (batch, latent_dim) in domains (batch,), by the averaged generators."""
        return self.average([latents, labels], training=False)

    def moves(self, images: tf.Tensor, labels: tf.Tensor) -> Moves:
        judged = []
        for turn, (real, domains) in enumerate(self.turns((images, labels))):
            latents = self.noise.training_rows(tf.shape(real)[0], self.latent_dim, f"latents {turn}")
            with watching(self.generator) as tape:
                fake = self.generator([latents, domains], training=True)
            judge = partial(self._judged, domains, training=True)
            terms = partial(self.game.discriminator_terms, judge, real, fake, f"turn {turn}")
            judged.append((yield self.discriminator_move(terms, turn)))
        generator = yield self.generator_move(partial(self.game.generator_terms, judge, real, fake), tape)
        return self.reported(generator, joined(judged))

    def evaluation(self, images: tf.Tensor, labels: tf.Tensor) -> Terms:
        latents = self.noise.evaluation_rows(tf.shape(images)[0], self.latent_dim, "generator")
        fake = self.generator([latents, labels], training=False)
        return self.scored(*(self._judged(labels, pictures, training=False) for pictures in (images, fake)))

    def sample(self, n: int, seed: int = 0, labels: np.ndarray | None = None) -> np.ndarray:
        """`n` pictures, float32 in [-1, 1], of the domains `labels`, by default of one domain after the other."""
        labels = class_labels(n, len(self.classes), labels)
        return as_pictures(self(self.prior_latents(n, seed), labels))

    def inference_networks(self) -> dict[str, keras.Model]:
        """`decoder`: latent, label -> image, the averaged generators."""
        return decoding_network(self, self.latent_dim, labelled=True)

    def _judged(self, labels: tf.Tensor, images: tf.Tensor, training: bool) -> tf.Tensor:
        return self.discriminator([images, labels], training=training)

    def _coupled(
        self, role: str, spec: NetworkSpec, takes: tuple[int, ...], gives: tuple[int, ...], shape: dict[str, Any]
    ) -> keras.Model:
        """The networks of a role for all domains as one."""
        if isinstance(spec, keras.Model) and len(spec.inputs) > 1:
            return build_network(role, spec, [takes, ()], gives, **shape)
        couple = with_own_ends if role == "generator" else with_own_beginnings
        return couple(build_network(role, spec, takes, gives, **shape), len(self.classes), self.own_layers)
