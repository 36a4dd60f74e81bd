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


def continuous_bernoulli_nll(images: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Cross-entropy with the constant that makes it a density over grey values in [0, 1].

    The constant of a pixel with log-odds `l` is `l / tanh(l / 2)`, which is 2 at `l = 0`.

    Args:
        images: (batch, height, width, channels) in [-1, 1]; -1 counts as 0 and 1 as 1.
        logits: same shape, log-odds.

    Returns:
        (batch,), nats; negative where the density exceeds 1.

    Source: Loaiza-Ganem & Cunningham 2019, "The continuous Bernoulli", equations 5 and 6.
    """
    # Around zero the quotient is 0 / 0; its series there is 2 + l^2 / 6, exact to float32 below 0.1.
    near_zero = tf.abs(logits) < 0.1
    safe = tf.where(near_zero, tf.ones_like(logits), logits)
    log_constant = tf.where(
        near_zero, math.log(2.0) + tf.math.log1p(tf.square(logits) / 12.0), tf.math.log(safe / tf.tanh(safe / 2.0))
    )
    return bernoulli_nll(images, logits) - _sum_per_example(log_constant)


def continuous_bernoulli_mean(logits: tf.Tensor) -> tf.Tensor:
    """Mean grey value, in [0, 1], of the continuous Bernoulli: `1 / (1 - exp(-l)) - 1 / l`.

    Args:
        logits: log-odds, any shape.

    Source: Loaiza-Ganem & Cunningham 2019, "The continuous Bernoulli", equation 8.
    """
    near_zero = tf.abs(logits) < 0.1
    safe = tf.where(near_zero, tf.ones_like(logits), logits)
    return tf.where(near_zero, 0.5 + logits / 12.0, -1.0 / tf.math.expm1(-safe) - 1.0 / safe)


def gaussian_nll(images: tf.Tensor, mean: tf.Tensor, sigma: float | tf.Tensor) -> tf.Tensor:
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
    return _sum_per_example(0.5 * squared + tf.math.log(sigma) + 0.5 * math.log(2.0 * math.pi))


def discretized_logistic_nll(images: tf.Tensor, mean: tf.Tensor, scale: float | tf.Tensor) -> tf.Tensor:
    """`-log P(grey level)`: the mass that a logistic distribution puts on each of 256 levels.

    Black takes all mass below it and white all above.

    Args:
        images: (batch, height, width, channels) in [-1, 1], on the 256 levels.
        mean: same shape.
        scale: of the logistic distribution, in the units of the pictures.

    Returns:
        (batch,), nats, at least 0.

    Source: Salimans et al. 2017, "PixelCNN++", section 2.1; Kingma et al. 2016, "IAF", appendix A.
    """
    half = 1.0 / 255.0
    upper, lower = (images - mean + half) / scale, (images - mean - half) / scale
    # log(sigmoid(u) - sigmoid(l)) = log_sigmoid(u) + log_sigmoid(-l) + log(1 - exp(l - u)), exact in the tails.
    inside = tf.math.log_sigmoid(upper) + tf.math.log_sigmoid(-lower) + tf.math.log(-tf.math.expm1(-2.0 * half / scale))
    log_mass = tf.where(
        images < -1.0 + half,
        tf.math.log_sigmoid(upper),
        tf.where(images > 1.0 - half, tf.math.log_sigmoid(-lower), inside),
    )
    return -_sum_per_example(log_mass)


def _sum_per_example(values: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(values, axis=list(range(1, values.shape.rank)))
