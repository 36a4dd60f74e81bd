"""Whether features of a place tell which place of another picture they belong to."""

from __future__ import annotations

import tensorflow as tf


def patch_contrastive_loss(queries: tf.Tensor, keys: tf.Tensor, temperature: float = 0.07) -> tf.Tensor:
    """`-log softmax(q . k / temperature)[own place]`, the mean over the places of a picture.

    The other places of the same picture are the negatives, so that no example depends on the others of its batch.

    Args:
        queries: (batch, places, size), of length 1: what was made, at each place.
        keys: (batch, places, size), of length 1: what was given, at the same places.
        temperature: what the products are divided by, above 0.

    Returns:
        (batch,), float32, nats: log(places) where the places cannot be told apart.

    Source: Park et al. 2020, "Contrastive Learning for Unpaired Image-to-Image Translation", equations 2 and 3.
    """
    queries, keys = tf.cast(queries, tf.float32), tf.cast(keys, tf.float32)
    logits = tf.matmul(queries, keys, transpose_b=True) / temperature
    own = tf.reduce_sum(queries * keys, axis=-1) / temperature
    return tf.reduce_mean(tf.reduce_logsumexp(logits, axis=-1) - own, axis=-1)
