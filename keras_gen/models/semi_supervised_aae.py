"""The semi-supervised adversarial autoencoder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_gen import losses
from keras_gen.layers import ClassCode, InfoPrior, Likelihood, PixelLikelihood
from keras_gen.networks import NetworkSpec, build_network
from keras_gen.training.adversarial import AdversarialModel
from keras_gen.training.moves import Move, Moves
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.pieces import decoding_network, fooling_loss, together, told_apart
from keras_gen.training.spec import ModelSpec
from serving.common.classes import class_labels, require_classes
from serving.common.errors import require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class SemiSupervisedAAE(AdversarialModel):
    """An autoencoder with a class and a style in its code, which learns to classify from labels of few pictures.

    The encoder gives probabilities of the classes and a style. In each training step a discriminator of classes moves,
    which tells probabilities from one-hot codes of equally likely classes, then one of styles, which tells them from
    normal draws. Then encoder and decoder together minimize the reconstruction error, the loss of fooling both, and the
    cross-entropy of the classes of the labelled pictures. Reported per epoch: `reconstruction`, nats per picture,
    `generator_loss`, `class_discriminator_loss` and `style_discriminator_loss` (2 log 2 = 1.386 where they can only
    guess), and of labelled pictures `label_loss` and `accuracy`. `fit` takes ((labelled pictures, all pictures), labels
    of the first), as many of both. Evaluation takes (pictures, labels).

    Args:
        image_shape: (height, width, channels).
        classes: names of the classes, in the order of their labels.
        latent_dim: length of a style.
        encoder: network from pictures to styles and logits of the classes: `conv`, `mlp`, a dictionary of the name and
            its options, or a `keras.Model`.
        decoder: network from a style and the class, one-hot or as probabilities, to pictures; given like the encoder.
        class_discriminator: network from probabilities of the classes to one logit: `mlp`, given like the encoder.
        style_discriminator: network from styles to one logit; likewise.
        likelihood: of the reconstruction, as in `vae`.
        sigma: as in `vae`.
        adversarial_weight: weight of fooling the discriminators, relative to the reconstruction error in nats.
        label_weight: weight of the cross-entropy, likewise.
        seed: seed of the training noise.

    Raises:
        InputError: fewer than two classes, a value out of range, or networks that do not fit.

    Source: Makhzani et al. 2016, "Adversarial Autoencoders", section 5, with the three moves of the encoder as one.
    """

    spec = ModelSpec(prior="standard_normal", labelled=True, adapts=True, partly_labelled=True)
    default_optimizers: ClassVar = {
        "autoencoder_optimizer": OptimizerSpec("adam", learning_rate=1e-3),
        "class_discriminator_optimizer": OptimizerSpec("adam", learning_rate=1e-3, beta_1=0.5),
        "style_discriminator_optimizer": OptimizerSpec("adam", learning_rate=1e-3, beta_1=0.5),
    }

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        classes: tuple[str, ...] = (),
        latent_dim: int = 10,
        encoder: NetworkSpec = "conv",
        decoder: NetworkSpec = "conv",
        class_discriminator: NetworkSpec = "mlp",
        style_discriminator: NetworkSpec = "mlp",
        likelihood: Likelihood = "bernoulli",
        sigma: float | None = 0.1,
        adversarial_weight: float = 10.0,
        label_weight: float = 10.0,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        reports = ["reconstruction", "generator_loss", "class_discriminator_loss", "style_discriminator_loss"]
        super().__init__(seed, [*reports, "label_loss", "accuracy"], **kwargs)
        require_classes(classes)
        require_at_least(1, latent_dim=latent_dim)
        require_at_least(0, adversarial_weight=adversarial_weight, label_weight=label_weight)
        self.spec = replace(self.spec, classes=tuple(classes))
        self.image_shape = tuple(image_shape)
        self.classes = tuple(classes)
        self.latent_dim = latent_dim
        count = len(self.classes)
        code, shape = latent_dim + count, {"image_shape": self.image_shape}
        self.encoder = build_network("encoder", encoder, self.image_shape, (code,), outputs=code, **shape)
        self.decoder = build_network("decoder", decoder, (code,), self.image_shape, latent_dim=code, **shape)
        self.class_discriminator = build_network("code_discriminator", class_discriminator, (count,), (1,), size=count)
        self.style_discriminator = build_network(
            "code_discriminator", style_discriminator, (latent_dim,), (1,), size=latent_dim
        )
        self.pixels = PixelLikelihood(likelihood, sigma, self.image_shape, name="pixels")
        self.autoencoder = together(self.encoder, keras.Sequential([self.decoder, self.pixels]))
        self.draw = InfoPrior(code, continuous=0, categories=count)
        self.class_code = ClassCode(count)
        self.likelihood = likelihood
        self.sigma = sigma
        self.adversarial_weight = adversarial_weight
        self.label_weight = label_weight

    @property
    def players(self) -> dict[str, keras.Model]:
        return {
            "autoencoder": self.autoencoder,
            "class_discriminator": self.class_discriminator,
            "style_discriminator": self.style_discriminator,
        }

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Reconstructions in [-1, 1], of the shape of `images`."""
        style, logits = self._encode(images, training)
        return self.pixels(self._decode(style, keras.ops.softmax(logits), training))

    def moves(self, pictures: tuple[tf.Tensor, tf.Tensor], labels: tf.Tensor) -> Moves:
        labelled, images = pictures
        drawn_classes, drawn_styles = self._draws(images, self.noise.training_rows)
        style, logits = self._encode(images, training=True)
        of_class = yield Move(
            lambda: told_apart(self.class_discriminator, drawn_classes, tf.nn.softmax(logits)),
            self.class_discriminator,
            self.class_discriminator_optimizer,
        )
        of_style = yield Move(
            lambda: told_apart(self.style_discriminator, drawn_styles, style),
            self.style_discriminator,
            self.style_discriminator_optimizer,
        )
        autoencoder = yield Move(
            lambda: self._autoencoder_terms(images, labelled, labels, training=True),
            self.autoencoder,
            self.autoencoder_optimizer,
        )
        return self._reported(autoencoder, of_class, of_style)

    def evaluation(self, images: tf.Tensor, labels: tf.Tensor) -> dict[str, tf.Tensor]:
        drawn_classes, drawn_styles = self._draws(images, self.noise.evaluation_rows)
        style, logits = self._encode(images, training=False)
        of_class = told_apart(self.class_discriminator, drawn_classes, tf.nn.softmax(logits), training=False)
        of_style = told_apart(self.style_discriminator, drawn_styles, style, training=False)
        return self._reported(self._autoencoder_terms(images, images, labels, training=False), of_class, of_style)

    def sample(self, n: int, seed: int = 0, labels: np.ndarray | None = None) -> np.ndarray:
        """`n` pictures, float32 in [-1, 1], of the classes `labels`, by default of one class after the other."""
        labels = class_labels(n, len(self.classes), labels)
        codes = self.class_code(self.prior_latents(n, seed), labels)
        return self.pixels(self.decoder(codes, training=False)).numpy()

    def inference_networks(self) -> dict[str, keras.Model]:
        """`encoder`: image -> code, the style. `classifier`: image -> probabilities. `decoder`: latent, label ->
        image."""
        image = keras.Input(self.image_shape, name="image")
        style, logits = self._encode(image, training=False)
        return {
            "encoder": keras.Model({"image": image}, {"code": style}),
            "classifier": keras.Model({"image": image}, {"probabilities": keras.ops.softmax(logits)}),
            **decoding_network(
                lambda latent, label: self.pixels(self.decoder(self.class_code(latent, label), training=False)),
                self.latent_dim,
                labelled=True,
            ),
        }

    def _draws(self, images: tf.Tensor, rows: Callable[..., tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """Classes, one-hot, and styles of the prior."""
        drawn = self.draw(rows(tf.shape(images)[0], self.draw.noise_size, "prior"))
        return drawn[:, : len(self.classes)], drawn[:, len(self.classes) :]

    def _encode(self, images: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """Styles (batch, latent_dim) and logits of the classes (batch, classes), float32."""
        codes = keras.ops.cast(self.encoder(images, training=training), "float32")
        return codes[:, : self.latent_dim], codes[:, self.latent_dim :]

    def _decode(self, style: tf.Tensor, probabilities: tf.Tensor, training: bool) -> tf.Tensor:
        return self.decoder(keras.ops.concatenate([style, probabilities], axis=-1), training=training)

    def _autoencoder_terms(
        self, images: tf.Tensor, labelled: tf.Tensor, labels: tf.Tensor, training: bool
    ) -> dict[str, tf.Tensor]:
        style, logits = self._encode(images, training)
        probabilities = tf.nn.softmax(logits)
        decoded = tf.cast(self._decode(style, probabilities, training), tf.float32)
        reconstruction = self.pixels.negative_log_likelihood(images, decoded)
        fooling = fooling_loss(self.class_discriminator, probabilities, training)
        fooling += fooling_loss(self.style_discriminator, style, training)
        _, guesses = self._encode(labelled, training)
        label_loss = losses.label_cross_entropy(labels, guesses)
        return {
            "loss": reconstruction + self.adversarial_weight * fooling + self.label_weight * label_loss,
            "reconstruction": reconstruction,
            "generator_loss": fooling,
            "label_loss": label_loss,
            "accuracy": losses.label_accuracy(labels, guesses),
        }

    @staticmethod
    def _reported(
        autoencoder: dict[str, tf.Tensor], of_class: dict[str, tf.Tensor], of_style: dict[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        judges = {"class_discriminator_loss": of_class["loss"], "style_discriminator_loss": of_style["loss"]}
        return {**autoencoder, **judges}
