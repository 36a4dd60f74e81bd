"""Black-and-white pictures drawn anew from grey ones."""

from __future__ import annotations

import math
from collections.abc import Callable

import tensorflow as tf


def binarized(images: tf.Tensor, rows: Callable[..., tf.Tensor]) -> tf.Tensor:
    """Each pixel drawn white with the probability that its grey value stands for.

    Args:
        images: (batch, height, width, channels) in [-1, 1].
        rows: `training_rows` or `evaluation_rows` of the model's noise.

    Returns:
        Pictures of -1 and 1, of the same shape.

    Source: Salakhutdinov & Murray 2008, "On the Quantitative Analysis of Deep Belief Networks", section 4.
    """
    values = math.prod(images.shape[1:])
    uniform = tf.reshape(rows(tf.shape(images)[0], values, "binarization", uniform=True), tf.shape(images))
    return tf.where(uniform < (images + 1.0) / 2.0, 1.0, -1.0)
