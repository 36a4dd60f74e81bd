"""TensorFlow's kernel that normalizes a batch: one pass over it for the statistics and one for the result."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

FUSED_TYPES = (tf.float32, tf.float16, tf.bfloat16)


class Normalized(NamedTuple):
    """A normalized batch in the type of the given one, and the statistics (channels,) that it had, float32."""

    normalized: tf.Tensor
    mean: tf.Tensor
    variance: tf.Tensor


def fused_normalization(batch: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor, epsilon: float) -> Normalized:
    """Brings each channel to mean 0 and variance 1 over all that is in the batch, then scales and shifts it.

    Args:
        batch: (..., channels), of one of `FUSED_TYPES`.
        scale: (channels,).
        shift: (channels,).
        epsilon: added to the variance.
    """
    pixels = batch if batch.shape.rank == 4 else tf.reshape(batch, (-1, 1, 1, batch.shape[-1]))
    normalized, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=pixels,
        scale=tf.cast(scale, tf.float32),
        offset=tf.cast(shift, tf.float32),
        mean=[],
        variance=[],
        epsilon=epsilon,
    )
    # The kernel's variance is the unbiased one.
    count = tf.cast(tf.size(pixels) // pixels.shape[-1], tf.float32)
    variance *= tf.maximum(count - 1.0, 1.0) / count
    return Normalized(tf.ensure_shape(tf.reshape(normalized, tf.shape(batch)), batch.shape), mean, variance)
