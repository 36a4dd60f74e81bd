"""The base class of GANs with an encoder, whose codes are latents of the generator."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from keras_gen.networks import NetworkSpec, build_network
from keras_gen.training.ema import averaged_copy, update_average
from keras_gen.training.game import Terms
from keras_gen.training.generative import GenerativeAdversarialModel
from keras_gen.training.pieces import as_pictures, coding_networks, side_by_side, together


class EncodingAdversarialModel(GenerativeAdversarialModel):
    """A generative adversarial model whose generator's side has an encoder too: one player, `both`.

    A subclass has `image_shape` and `latent_dim`, calls `build_both`, builds its discriminator and calls `begin`, which
    starts the averages of both networks.
    """

    encoder: keras.Model
    both: keras.Model
    image_shape: tuple[int, ...]
    latent_dim: int

    def build_both(self, encoder: NetworkSpec, generator: NetworkSpec) -> None:
        """Builds the networks between pictures and latents; each given as in `gan`."""
        shape, size = self.image_shape, self.latent_dim
        self.encoder = build_network("encoder", encoder, shape, (size,), outputs=size, image_shape=shape)
        self.generator = build_network("generator", generator, (size,), shape, latent_dim=size, image_shape=shape)

    def begin(self) -> None:
        self.both = together(self.encoder, self.generator)
        self.average_encoder = averaged_copy(self.encoder)
        super().begin()

    def moving_averages(self) -> list[tuple[keras.Model, keras.Model]]:
        return [*super().moving_averages(), (self.average_encoder, self.encoder)]

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pictures in [-1, 1] generated from the codes of `images`, by the averaged networks."""
        return self.average(self.average_encoder(images, training=False), training=False)

    def end_step(self, values: Terms) -> Terms:
        update_average(self.average_encoder, self.encoder, self.ema_decay, self.noise.step)
        return super().end_step(values)

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """`n` pictures, float32 in [-1, 1]; the seed means what it means in a bundle."""
        return as_pictures(self.average(self.prior_latents(n, seed), training=False))

    def preview(self, images: np.ndarray, seed: int) -> np.ndarray:
        """Half of the pictures, each beside what is generated from its code; as many samples as the other half."""
        half = max(1, len(images) // 4)
        known = np.asarray(images[:half])
        return np.concatenate([side_by_side(known, self(known).numpy()), self.sample(len(images) - 2 * half, seed)])

    def inference_networks(self) -> dict[str, keras.Model]:
        """`encoder`: image -> code. `decoder`: latent -> image; the averaged networks."""
        return coding_networks(self.average_encoder, self.average)
