"""How far logits are from labels. One value per example."""

from __future__ import annotations

import tensorflow as tf


def label_cross_entropy(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """`-log softmax(logits)[label]`: log(classes) where the classes are equally likely.

    Args:
        labels: (batch,), integers from 0 to classes - 1.
        logits: (batch, classes).

    Returns:
        (batch,), nats, at least 0.
    """
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)


def label_accuracy(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """1 where the largest logit is the label's, else 0; arguments as above.

    Returns:
        (batch,), float32.
    """
    return tf.cast(tf.argmax(logits, axis=-1) == tf.cast(labels, tf.int64), tf.float32)


def code_surprise(
    latents: tf.Tensor, guess: tf.Tensor, continuous: int, continuous_weight: float = 1.0, category_weight: float = 1.0
) -> tf.Tensor:
    """How unlikely the codes of latents are under a guess at them, in nats but for a constant, weighted.

    Args:
        latents: (batch, size): continuous codes, then a one-hot code, then what is not guessed.
        guess: (batch, codes): the means of normal distributions of deviation 1, then logits of the categories.
        continuous: how many continuous codes.
        continuous_weight: weight of `(c - mean)^2 / 2`.
        category_weight: weight of the cross-entropy.

    Returns:
        (batch,), at least 0.

    Source: Chen et al. 2016, "InfoGAN", equation 5.
    """
    means, logits = guess[:, :continuous], guess[:, continuous:]
    codes = tf.cast(latents[:, : guess.shape[1]], guess.dtype)
    total = 0.5 * continuous_weight * tf.reduce_sum(tf.square(codes[:, :continuous] - means), axis=1)
    if guess.shape[1] == continuous:
        return total
    category = tf.nn.softmax_cross_entropy_with_logits(codes[:, continuous:], logits)
    return total + category_weight * category
