"""Pairs of losses for a generator and a discriminator.

Logits are large where the discriminator takes a picture for real. They may be one per example, (batch,)
or (batch, 1), or a map of patches, (batch, height, width, 1), over which the loss is averaged.
"""

from __future__ import annotations

import tensorflow as tf


def non_saturating_generator_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """`-log D(G(z))`, whose gradient does not vanish while the discriminator wins.

    Args:
        fake_logits: logits of generated pictures.

    Returns:
        (batch,), at least 0.

    Source: Goodfellow et al. 2014, "Generative Adversarial Nets", section 3.
    """
    return _mean_per_example(tf.nn.softplus(-fake_logits))


def non_saturating_discriminator_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """`-log D(x) - log(1 - D(G(z)))`: 2 log 2 where the discriminator cannot tell them apart.

    Args:
        real_logits: logits of pictures from the data.
        fake_logits: logits of generated pictures, as many.

    Returns:
        (batch,), at least 0.

    Source: Goodfellow et al. 2014, "Generative Adversarial Nets", equation 1.
    """
    return _mean_per_example(tf.nn.softplus(-real_logits)) + _mean_per_example(tf.nn.softplus(fake_logits))


def _mean_per_example(values: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(values, axis=list(range(1, values.shape.rank)))
