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
