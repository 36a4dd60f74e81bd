"""Penalties on a discriminator's gradient, that keep it from becoming too steep. One value per example."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

Discriminator = Callable[[tf.Tensor], tf.Tensor]


def r1_penalty(discriminator: Discriminator, real_images: tf.Tensor) -> tf.Tensor:
    """`|grad D(x)|^2 / 2` at real pictures: zero where the discriminator is flat around the data.

    Args:
        discriminator: pictures to logits, (batch, 1) or a map of patches, which is summed over.
        real_images: (batch, height, width, channels).

    Returns:
        (batch,), at least 0, differentiable in the discriminator's weights.

    Source: Mescheder et al. 2018, "Which Training Methods for GANs do actually Converge?", equation 9.
    """
    with tf.GradientTape() as tape:
        tape.watch(real_images)
        logits = discriminator(real_images)
    gradient = tf.cast(tape.gradient(logits, real_images), tf.float32)
    return 0.5 * tf.reduce_sum(tf.square(gradient), axis=list(range(1, gradient.shape.rank)))
