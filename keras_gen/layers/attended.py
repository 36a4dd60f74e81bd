"""A translation where a mask says so, and the picture itself everywhere else."""

from __future__ import annotations

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_gen")
class Attended(keras.layers.Layer):
    """Mixes pictures with what was made of them: mask * made + (1 - mask) * picture.

    Inputs: pictures (batch, height, width, at least channels), of which the first channels count, since a latent may
    stand behind them; what was made of them, (batch, height, width, channels + 1) in [-1, 1], whose last channel is the
    mask, -1 for 0 and 1 for 1.
    Output: (batch, height, width, channels + 1), the mixed pictures and behind them the mask in [0, 1].

    Source: Mejjati et al. 2018, "Unsupervised Attention-guided Image-to-Image Translation", equation 1.
    """

    def call(self, images: tf.Tensor, made: tf.Tensor) -> tf.Tensor:
        pictures = made[..., :-1]
        mask = tf.clip_by_value((made[..., -1:] + 1.0) / 2.0, 0.0, 1.0)
        kept = tf.cast(images[..., : pictures.shape[-1]], pictures.dtype)
        return tf.concat([kept + mask * (pictures - kept), mask], axis=-1)

    def compute_output_shape(
        self, images_shape: tuple[int | None, ...], made_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return made_shape
