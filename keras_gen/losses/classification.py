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


def data_to_data_cross_entropy(
    features: tf.Tensor,
    of_class: tf.Tensor,
    labels: tf.Tensor,
    all_features: tf.Tensor,
    all_labels: tf.Tensor,
    temperature: float = 0.5,
    margin: float = 0.98,
) -> tf.Tensor:
    """Cross-entropy of an example's class, whose rivals are not the other classes but the examples of these.

    With `p`, the cosine between an example and its class less `margin`, at most 0, and `n`, its cosine with an example
    of another class less `1 - margin`, at least 0, it is `-log(exp(p / t) / (exp(p / t) + sum exp(n / t)))`. What is
    near its class by the margin already, or far from others, has no gradient of its own.

    Args:
        features: (batch, size), each of length 1.
        of_class: (batch, size), the vectors of the examples' classes, each of length 1.
        labels: (batch,), integers.
        all_features: (examples, size), of all that the batch has on all replicas, these included.
        all_labels: (examples,), their labels.
        temperature: t, above 0.
        margin: at most 1.

    Returns:
        (batch,), nats, at least 0; 0 where no example is of another class.

    Source: Kang et al. 2021, "Rebooting ACGAN: Auxiliary Classifier GANs with Stable Training", the D2D-CE loss; the
    second margin is 1 less the first as in the authors' program.
    """
    near = tf.minimum(tf.reduce_sum(features * of_class, axis=1) - margin, 0.0) / temperature
    far = tf.maximum(tf.matmul(features, all_features, transpose_b=True) - (1.0 - margin), 0.0) / temperature
    rivals = tf.cast(labels, tf.int32)[:, None] != tf.cast(all_labels, tf.int32)[None]
    # A rival that is none counts as a logit that is as good as minus infinity.
    logits = tf.concat([near[:, None], tf.where(rivals, far, far.dtype.min)], axis=1)
    return tf.reduce_logsumexp(logits, axis=1) - near
