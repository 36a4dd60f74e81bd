"""The adversarial autoencoder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Literal, get_args

import keras
import numpy as np
import tensorflow as tf

from keras_gen.layers import ClassCode, LatentPrior, Likelihood, PixelLikelihood, Prior
from keras_gen.losses import non_saturating_discriminator_loss, non_saturating_generator_loss
from keras_gen.networks import NetworkSpec, build_network
from keras_gen.training.adversarial import AdversarialModel
from keras_gen.training.moves import Move, Moves
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.pieces import decoding_network, together
from serving.common.classes import class_labels, require_classes
from serving.common.errors import InputError, require_among, require_at_least

Condition = Literal["none", "prior", "decoder"]


@keras.saving.register_keras_serializable(package="keras_gen")
class AAE(AdversarialModel):
    """An autoencoder whose codes are trained by a discriminator to follow a prior, so that it can be sampled.

    In each training step the discriminator moves first. Then encoder and decoder together minimize the sum of the
    reconstruction error and the loss of fooling the new discriminator. Reported per epoch: `reconstruction`, nats per
    picture, `discriminator_loss` (2 log 2 = 1.386 where it can only guess), `generator_loss` of the encoder, and
    `discriminator_accuracy` (0.5 is guessing).

    Args:
        image_shape: (height, width, channels).
        classes: names of the classes, in the order of their labels; unused where `condition` is none.
        latent_dim: length of a code.
        encoder: network from pictures to codes: `conv`, `mlp`, a dictionary of the name and its options, or a
            `keras.Model`.
        decoder: network from codes to pictures; given like the encoder.
        discriminator: network from codes to one logit: `mlp`, given like the encoder.
        prior: distribution that codes should follow: `standard_normal`, `mixture` of Gaussians, or `swiss_roll`.
        components: Gaussians of the mixture; as many as classes where `condition` is prior.
        condition: `prior` gives each class a part of the prior (mixture or swiss_roll), and the class is an input of
            the discriminator; `decoder` makes the class an input of the decoder, so that codes describe the style only.
        likelihood: of the reconstruction, as in `vae`.
        sigma: as in `vae`.
        adversarial_weight: weight of fooling the discriminator, relative to the reconstruction error in nats.
        code_noise: standard deviation of Gaussian noise on codes, a posterior of fixed width, which makes the decoder
            smooth. With 0 the encoder is deterministic.
        seed: seed of the training noise.

    Raises:
        InputError: a value out of range, a condition without classes, or networks that do not fit.

    Source: Makhzani et al. 2016, "Adversarial Autoencoders", sections 2, 2.3 and 4.
    """

    default_optimizers: ClassVar = {
        "autoencoder_optimizer": OptimizerSpec("adam", learning_rate=1e-3),
        "discriminator_optimizer": OptimizerSpec("adam", learning_rate=1e-3, beta_1=0.5),
    }

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 1),
        classes: tuple[str, ...] = (),
        latent_dim: int = 8,
        encoder: NetworkSpec = "conv",
        decoder: NetworkSpec = "conv",
        discriminator: NetworkSpec = "mlp",
        prior: Prior = "standard_normal",
        components: int = 10,
        condition: Condition = "none",
        likelihood: Likelihood = "bernoulli",
        sigma: float | None = 0.1,
        adversarial_weight: float = 1.0,
        code_noise: float = 0.0,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        reports = ["reconstruction", "generator_loss", "discriminator_loss", "discriminator_accuracy"]
        super().__init__(seed, reports, **kwargs)
        require_at_least(1, latent_dim=latent_dim)
        require_at_least(0, adversarial_weight=adversarial_weight, code_noise=code_noise)
        require_among(get_args(Condition), condition=condition)
        if condition == "prior" and prior == "standard_normal":
            raise InputError("the prior must be mixture or swiss_roll to know classes. Received: standard_normal.")
        labelled = condition != "none"
        if labelled:
            require_classes(classes)
        self.spec = replace(self.spec, prior=prior, labelled=labelled, classes=tuple(classes) if labelled else ())
        self.image_shape = tuple(image_shape)
        self.classes = tuple(classes)
        self.latent_dim = latent_dim
        self.components = components
        self.draw = LatentPrior(prior, latent_dim, len(classes) if condition == "prior" else components)
        seen, decoded = (latent_dim + len(classes) * (condition == what) for what in ("prior", "decoder"))
        shape = {"image_shape": self.image_shape}
        self.encoder = build_network("encoder", encoder, self.image_shape, (latent_dim,), outputs=latent_dim, **shape)
        self.decoder = build_network("decoder", decoder, (decoded,), self.image_shape, latent_dim=decoded, **shape)
        self.discriminator = build_network("code_discriminator", discriminator, (seen,), (1,), size=seen)
        self.pixels = PixelLikelihood(likelihood, sigma, self.image_shape, name="pixels")
        self.autoencoder = together(self.encoder, keras.Sequential([self.decoder, self.pixels]))
        self.class_code = ClassCode(len(classes))
        self.prior = prior
        self.condition = condition
        self.likelihood = likelihood
        self.sigma = sigma
        self.adversarial_weight = adversarial_weight
        self.code_noise = code_noise

    @property
    def players(self) -> dict[str, keras.Model]:
        return {"autoencoder": self.autoencoder, "discriminator": self.discriminator}

    def call(self, images: tf.Tensor, labels: tf.Tensor | None = None, training: bool = False) -> tf.Tensor:
        """Reconstructions in [-1, 1], of the shape of `images`."""
        return self.pixels(self._decode(self.encoder(images, training=training), labels, training))

    def moves(self, images: tf.Tensor, labels: tf.Tensor | None = None) -> Moves:
        drawn, blur = self._noise(images, self.noise.training_rows)
        codes = self._encode(images, blur, training=True)
        discriminator = yield Move(
            lambda: self._discriminator_terms(codes, drawn, labels, training=True),
            self.discriminator,
            self.discriminator_optimizer,
        )
        autoencoder = yield Move(
            lambda: self._autoencoder_terms(images, blur, labels, training=True),
            self.autoencoder,
            self.autoencoder_optimizer,
        )
        return {**autoencoder, **discriminator}

    def evaluation(self, images: tf.Tensor, labels: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        drawn, blur = self._noise(images, self.noise.evaluation_rows)
        codes = self._encode(images, blur, training=False)
        discriminator = self._discriminator_terms(codes, drawn, labels, training=False)
        autoencoder = self._autoencoder_terms(images, blur, labels, training=False)
        return {**autoencoder, **discriminator}

    def sample(self, n: int, seed: int = 0, labels: np.ndarray | None = None) -> np.ndarray:
        """`n` pictures, float32 in [-1, 1]; with a condition of the classes `labels`, by default one after the
        other. The seed means what it means in a bundle."""
        if self.spec.labelled:
            labels = class_labels(n, len(self.classes), labels)
        return self.pixels(self._decode(self.prior_latents(n, seed, labels), labels, training=False)).numpy()

    def prior_network(self) -> keras.Model | None:
        """`noise`, with `label` where classes have parts of the prior, -> `latent`; None for the normal prior."""
        if self.prior == "standard_normal":
            return None
        noise = keras.Input((self.draw.noise_size,), name="noise")
        label = {"label": keras.Input((), dtype="int64", name="label")} if self.condition == "prior" else {}
        return keras.Model({"noise": noise, **label}, {"latent": self.draw(noise, *label.values())})

    def inference_networks(self) -> dict[str, keras.Model]:
        """`encoder`: image -> code. `decoder`: latent, with label where it is told the class, -> image."""
        image = keras.Input(self.image_shape, name="image")
        return {
            "encoder": keras.Model({"image": image}, {"code": self.encoder(image)}),
            **decoding_network(
                lambda latent, label=None: self.pixels(self._decode(latent, label, training=False)),
                self.latent_dim,
                labelled=self.condition == "decoder",
            ),
        }

    def _noise(self, images: tf.Tensor, rows: Callable[..., tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor | None]:
        """The noise of the prior's draws, and that of the codes where there is any."""
        batch = tf.shape(images)[0]
        blur = rows(batch, self.latent_dim, "code") if self.code_noise else None
        return rows(batch, self.draw.noise_size, "prior"), blur

    def _encode(self, images: tf.Tensor, blur: tf.Tensor | None, training: bool) -> tf.Tensor:
        codes = self.encoder(images, training=training)
        return codes if blur is None else codes + tf.cast(self.code_noise * blur, codes.dtype)

    def _decode(self, codes: tf.Tensor, labels: tf.Tensor | None, training: bool) -> tf.Tensor:
        if self.condition == "decoder":
            codes = self.class_code(codes, labels)
        return self.decoder(codes, training=training)

    def _judge(self, codes: tf.Tensor, labels: tf.Tensor | None, training: bool) -> tf.Tensor:
        if self.condition == "prior":
            codes = self.class_code(codes, labels)
        return self.discriminator(codes, training=training)

    def _discriminator_terms(
        self, codes: tf.Tensor, drawn: tf.Tensor, labels: tf.Tensor | None, training: bool
    ) -> dict[str, tf.Tensor]:
        latents = self.draw(drawn, labels if self.condition == "prior" else None)
        real_logits = self._judge(latents, labels, training)
        fake_logits = self._judge(codes, labels, training)
        told_apart = tf.concat([real_logits > 0, fake_logits < 0], axis=-1)
        loss = non_saturating_discriminator_loss(real_logits, fake_logits)
        return {
            "loss": loss,
            "discriminator_loss": loss,
            "discriminator_accuracy": tf.reduce_mean(tf.cast(told_apart, tf.float32), axis=-1),
        }

    def _autoencoder_terms(
        self, images: tf.Tensor, blur: tf.Tensor | None, labels: tf.Tensor | None, training: bool
    ) -> dict[str, tf.Tensor]:
        codes = self._encode(images, blur, training)
        decoded = tf.cast(self._decode(codes, labels, training), tf.float32)
        reconstruction = self.pixels.negative_log_likelihood(images, decoded)
        fooling = non_saturating_generator_loss(tf.cast(self._judge(codes, labels, training), tf.float32))
        return {
            "loss": reconstruction + self.adversarial_weight * fooling,
            "reconstruction": reconstruction,
            "generator_loss": fooling,
        }
