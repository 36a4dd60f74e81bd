"""A prior over the code maps of a VQ-VAE, by masked prediction."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_gen.layers.unmasking import Unmasking, ranks
from keras_gen.models.vq_vae import VQVAE
from keras_gen.networks import NetworkSpec, build_network
from keras_gen.training.base import BaseModel
from keras_gen.training.ema import averaged_copy, update_average
from keras_gen.training.moves import Move, Moves
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.pieces import as_pictures, decoding_network
from keras_gen.training.spec import ModelSpec
from serving.common.classes import class_labels, require_classes
from serving.common.errors import InputError, require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class CodePrior(BaseModel):
    """Draws code maps of a trained VQ-VAE in a fixed number of steps, and so pictures.

    A bidirectional transformer learns to predict codes of a map that are masked from those that are not. The share of
    masked codes is the cosine of a uniform number. To draw a map, all places are masked; each of `steps` draws a code
    for every masked place and keeps those that the network is most confident of, as many as a cosine schedule says.
    Samples and the exported networks use a moving average of the transformer. Reported per epoch: `loss`, the cross
    entropy of a masked code in nats; and `accuracy`, the share of masked codes that are the most probable ones.

    Args:
        image_shape: (height, width, channels), those of the VQ-VAE.
        classes: names of the classes, in the order of their labels; unused unless `conditional`.
        coder: the trained VQ-VAE, which stays as it is; on the command line the run that `--from` names.
        predictor: network from codes, masked ones among them, to logits: `transformer`, a dictionary of the name and
            its options, or a `keras.Model`.
        conditional: tell the network the class, so that samples of a class can be drawn; `fit` then takes labels.
        steps: in which a map is drawn.
        temperature: of the Gumbel noise on the confidence in the first step; it falls linearly to 0.
        ema_decay: decay of the moving average; 0 uses the trained weights.
        seed: seed of the training noise.

    Raises:
        InputError: no VQ-VAE, another model, one of pictures of another size, or a value out of range.

    Source: Chang et al. 2022, "MaskGIT: Masked Generative Image Transformer", sections 3.1 and 3.2.
    """

    spec = ModelSpec(prior="masked_codes", stands_on="coder")
    default_optimizers: ClassVar = {"optimizer": OptimizerSpec("adam", learning_rate=1e-3)}

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        classes: tuple[str, ...] = (),
        coder: keras.Model | None = None,
        predictor: NetworkSpec = "transformer",
        conditional: bool = False,
        steps: int = 8,
        temperature: float = 4.0,
        ema_decay: float = 0.999,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, ["loss", "accuracy"], **kwargs)
        require_at_least(1, steps=steps)
        require_at_least(0, temperature=temperature)
        if not 0 <= ema_decay < 1:
            raise InputError(f"`ema_decay` must be at least 0 and below 1. Received: {ema_decay}.")
        if conditional:
            require_classes(classes)
        self.coder = _frozen(coder, tuple(image_shape))
        known = tuple(classes) if conditional else ()
        self.spec = replace(self.spec, labelled=conditional, classes=known, weights="ema" if ema_decay else "raw")
        self.image_shape = tuple(image_shape)
        self.classes = tuple(classes)
        self.latent_dim = self.coder.latent_dim
        self.vocabulary = self.coder.codebook.codes
        places, codes = self.latent_dim, self.vocabulary
        self.predictor = build_network(
            "code_predictor",
            predictor,
            [(places,), ()] if conditional else (places,),
            (places, codes),
            places=places,
            codes=codes,
            classes=len(known),
        )
        self.average = averaged_copy(self.predictor)
        self.conditional = conditional
        self.steps = steps
        self.temperature = temperature
        self.ema_decay = ema_decay

    def call(self, latents: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures in [-1, 1] of code maps, (batch, latent_dim)."""
        return self.coder.decode(latents)

    def moves(self, images: tf.Tensor, labels: tf.Tensor | None = None) -> Moves:
        tokens, masked = self._masked(images, self.noise.training_rows)
        return (yield Move(lambda: self._terms(self.predictor, tokens, masked, labels, True), self, self.optimizer))

    def end_step(self, values: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        update_average(self.average, self.predictor, self.ema_decay, self.noise.step)
        return super().end_step(values)

    def moving_averages(self) -> list[tuple[keras.Model, keras.Model]]:
        return [(self.average, self.predictor)]

    def evaluation(self, images: tf.Tensor, labels: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        tokens, masked = self._masked(images, self.noise.evaluation_rows)
        return self._terms(self.average, tokens, masked, labels, False)

    def sample(self, n: int, seed: int = 0, labels: np.ndarray | None = None) -> np.ndarray:
        """`n` pictures, float32 in [-1, 1]; of a conditional model of the classes `labels`, by default one after the
        other. The seed means what it means in a bundle."""
        labels = class_labels(n, len(self.classes), labels) if self.conditional else None
        return as_pictures(self.coder.decode(self.prior_latents(n, seed, labels)))

    def prior_network(self) -> keras.Model:
        """`noise`, with `label` of a conditional model, -> `latent`: all steps one after the other."""
        places, codes = self.latent_dim, self.vocabulary
        noise = keras.Input((self.steps * places * 2,), name="noise")
        label = {"label": keras.Input((), dtype="int64", name="label")} if self.conditional else {}
        parts = keras.ops.reshape(noise, (-1, self.steps, places, 2))
        tokens = keras.ops.zeros_like(parts[:, 0, :, 0]) + float(codes)
        for step, known in enumerate(schedule(places, self.steps)):
            logits = self.average([tokens, *label.values()] if label else tokens, training=False)
            left = self.temperature * (1.0 - (step + 1) / self.steps)
            tokens = Unmasking(codes, known, left)(logits, tokens, parts[:, step])
        return keras.Model({"noise": noise, **label}, {"latent": tokens})

    def inference_networks(self) -> dict[str, keras.Model]:
        """`decoder`: latent, a code map in one row, -> image; the VQ-VAE's."""
        return decoding_network(self.coder.decode, self.latent_dim)

    def _masked(self, images: tf.Tensor, rows: Callable[..., tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """The codes of pictures, float32 (batch, places), and which of them are masked, bool."""
        batch = tf.shape(images)[0]
        order = rows(batch, self.latent_dim, "order", uniform=True)
        share = tf.cos(0.5 * math.pi * rows(batch, 1, "share", uniform=True))
        count = tf.maximum(tf.math.ceil(share * self.latent_dim), 1.0)
        return tf.cast(tf.stop_gradient(self.coder.encode(images)), tf.float32), ranks(order) < count

    def _terms(
        self, network: keras.Model, tokens: tf.Tensor, masked: tf.Tensor, labels: tf.Tensor | None, training: bool
    ) -> dict[str, tf.Tensor]:
        given = tf.where(masked, float(self.vocabulary), tokens)
        logits = tf.cast(network([given, labels] if self.conditional else given, training=training), tf.float32)
        codes, counted = tf.cast(tokens, tf.int32), tf.cast(masked, tf.float32)
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=codes, logits=logits)
        found = tf.cast(tf.equal(tf.argmax(logits, axis=-1, output_type=tf.int32), codes), tf.float32)
        number = tf.reduce_sum(counted, axis=1)
        return {
            "loss": tf.reduce_sum(entropy * counted, axis=1) / number,
            "accuracy": tf.reduce_sum(found * counted, axis=1) / number,
        }


def schedule(places: int, steps: int) -> list[int]:
    """How many places are known after each step: few at first, when nothing is known that others could follow from.

    Source: Chang et al. 2022, "MaskGIT", section 3.3, the cosine schedule.
    """
    left = [math.floor(places * math.cos(0.5 * math.pi * (step + 1) / steps)) for step in range(steps)]
    return [min(places, max(places - masked, step + 1)) for step, masked in enumerate(left)]


def _frozen(coder: keras.Model | None, image_shape: tuple[int, ...]) -> VQVAE:
    """A copy of the VQ-VAE that nothing trains, without its optimizer.

    Raises:
        InputError: another model, or pictures of another size.
    """
    if not isinstance(coder, VQVAE):
        received = "no model" if coder is None else f"a {type(coder).__name__}"
        raise InputError(f"code_prior must be given a trained vq_vae, with --from RUN. Received: {received}.")
    if coder.image_shape != image_shape:
        sizes = ["x".join(map(str, shape)) for shape in (coder.image_shape, image_shape)]
        raise InputError(f"pictures must have the size of the vq_vae's, {sizes[0]}. Received: {sizes[1]}.")
    copy = VQVAE.from_config(coder.get_config())
    copy.set_weights(coder.get_weights())
    copy.trainable = False
    return copy
