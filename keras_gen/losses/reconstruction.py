"""Distances between pictures and their reconstructions. One value per example."""

from __future__ import annotations

import math

import tensorflow as tf

RANGE = 2.0


def squared_error(images: tf.Tensor, reconstructions: tf.Tensor) -> tf.Tensor:
    """Mean over pixels and channels of `(x - x')^2`.

    Args:
        images: (batch, height, width, channels).
        reconstructions: same shape.

    Returns:
        (batch,), at least 0.
    """
    return tf.reduce_mean(tf.square(images - reconstructions), axis=list(range(1, images.shape.rank)))


def absolute_error(images: tf.Tensor, reconstructions: tf.Tensor) -> tf.Tensor:
    """Mean over pixels and channels of `|x - x'|`; arguments and result as for `squared_error`."""
    return tf.reduce_mean(tf.abs(images - reconstructions), axis=list(range(1, images.shape.rank)))


def decibels(error: tf.Tensor) -> tf.Tensor:
    """Peak signal-to-noise ratio of a mean squared error between pictures in [-1, 1].

    Args:
        error: (batch,), positive.

    Returns:
        (batch,), decibels.
    """
    return 10.0 / math.log(10.0) * tf.math.log(RANGE**2 / error)
