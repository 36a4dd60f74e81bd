"""Divergences between distributions, in nats."""

from __future__ import annotations

import math

import tensorflow as tf


def standard_normal_kl(mean: tf.Tensor, log_variance: tf.Tensor, free_nats: float = 0.0) -> tf.Tensor:
    """`KL(N(mean, diag exp(log_variance)) || N(0, I))` in closed form.

    Args:
        mean: (batch, size).
        log_variance: (batch, size).
        free_nats: what each dimension costs at least; below it there is no gradient (Kingma et al. 2016,
            "IAF", equation 15, per picture).

    Returns:
        (batch,), nats, at least 0.

    Source: Kingma & Welling 2013, "Auto-Encoding Variational Bayes", appendix B.
    """
    # expm1 keeps the difference exact where the posterior is close to the prior.
    per_dimension = 0.5 * (tf.square(mean) + tf.math.expm1(log_variance) - log_variance)
    return tf.reduce_sum(tf.maximum(per_dimension, free_nats), axis=-1)


def normal_log_density(x: tf.Tensor, mean: tf.Tensor | float, log_variance: tf.Tensor | float) -> tf.Tensor:
    """`log N(x; mean, diag exp(log_variance))`, summed over the last axis.

    Args:
        x: (..., size).
        mean: broadcastable to `x`.
        log_variance: broadcastable to `x`.

    Returns:
        (...,), nats.
    """
    log_variance = tf.convert_to_tensor(log_variance)
    squared = tf.square(x - mean) * tf.exp(-log_variance)
    return -0.5 * tf.reduce_sum(squared + log_variance + math.log(2.0 * math.pi), axis=-1)
