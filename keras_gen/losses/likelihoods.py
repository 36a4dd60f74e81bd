"""Negative log-likelihoods of pictures, in nats per picture: summed over pixels and channels."""

from __future__ import annotations

import math

import tensorflow as tf


def bernoulli_nll(images: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Cross-entropy of pixels as probabilities, `-sum x log p + (1 - x) log(1 - p)`.

    Args:
        images: (batch, height, width, channels) in [-1, 1]; -1 counts as 0 and 1 as 1.
        logits: same shape, log-odds of a pixel being 1.

    Returns:
        (batch,), nats, at least 0.

    Source: Kingma & Welling 2013, "Auto-Encoding Variational Bayes", appendix C.1.
    """
    targets = (images + 1.0) / 2.0
    return _sum_per_example(tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits))


def gaussian_nll(images: tf.Tensor, mean: tf.Tensor, sigma: float) -> tf.Tensor:
    """`-log N(images; mean, sigma^2)` with its constant.

    Args:
        images: (batch, height, width, channels).
        mean: same shape.
        sigma: standard deviation of a pixel, in the units of the pictures.

    Returns:
        (batch,), nats; negative where the density exceeds 1.

    Source: Kingma & Welling 2013, "Auto-Encoding Variational Bayes", appendix C.2.
    """
    squared = tf.square((images - mean) / sigma)
    return _sum_per_example(0.5 * squared + math.log(sigma) + 0.5 * math.log(2.0 * math.pi))


def _sum_per_example(values: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(values, axis=list(range(1, values.shape.rank)))
