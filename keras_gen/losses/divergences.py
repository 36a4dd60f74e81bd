"""Divergences between distributions, in nats."""

from __future__ import annotations

import tensorflow as tf


def standard_normal_kl(mean: tf.Tensor, log_variance: tf.Tensor) -> tf.Tensor:
    """`KL(N(mean, diag exp(log_variance)) || N(0, I))` in closed form.

    Args:
        mean: (batch, size).
        log_variance: (batch, size).

    Returns:
        (batch,), nats, at least 0.

    Source: Kingma & Welling 2013, "Auto-Encoding Variational Bayes", appendix B.
    """
    # expm1 keeps the difference exact where the posterior is close to the prior.
    return 0.5 * tf.reduce_sum(tf.square(mean) + tf.math.expm1(log_variance) - log_variance, axis=-1)
