"""Whether different latents give different pictures."""

from __future__ import annotations

import tensorflow as tf

from keras_gen.losses.reconstruction import absolute_error

# Mao et al. have 1e-5, with which the loss of a network that does not look at its latents yet would be 1e5.
EPSILON = 0.1


def mode_seeking_loss(one: tf.Tensor, other: tf.Tensor, latents: tf.Tensor, other_latents: tf.Tensor) -> tf.Tensor:
    """`1 / (|one - other| / |z - z'| + 0.1)`, mean absolute differences: small where pictures differ.

    Args:
        one: (batch, height, width, channels), pictures of `latents`.
        other: the same of `other_latents`.
        latents: (batch, size).
        other_latents: (batch, size).

    Returns:
        (batch,), float32, above 0 and at most 10.

    Source: Mao et al. 2019, "Mode Seeking Generative Adversarial Networks for Diverse Image Synthesis", equation 3, as
    the reciprocal that the authors minimize.
    """
    one, other, latents, other_latents = (tf.cast(each, tf.float32) for each in (one, other, latents, other_latents))
    between_pictures, between_latents = absolute_error(one, other), absolute_error(latents, other_latents)
    return 1.0 / (between_pictures / tf.maximum(between_latents, 1e-6) + EPSILON)
