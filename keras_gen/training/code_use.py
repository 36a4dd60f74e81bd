"""How evenly a codebook is used, over all examples since the last reset."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


class _CodeUse(keras.metrics.Metric):
    """Counts how often each code is used.

    Args:
        codes: in a codebook.
        depth: how many codebooks.
        name: what is reported.

    Input of `update_state`: indices of codes, (batch, places, depth); weights (batch,), or none.
    """

    def __init__(self, codes: int, depth: int, name: str) -> None:
        super().__init__(name=name)
        self.codes = codes
        self.depth = depth
        self.total = self.add_variable(shape=(depth * codes,), initializer="zeros", name="total")
        self.count = self.add_variable(shape=(), initializer="zeros", name="count")

    def update_state(self, y_true: tf.Tensor, sample_weight: tf.Tensor | None = None) -> None:
        bins = tf.cast(y_true, tf.int32) + self.codes * tf.range(self.depth)
        weights = tf.ones(tf.shape(bins)[0]) if sample_weight is None else tf.cast(sample_weight, tf.float32)
        weights = tf.broadcast_to(weights[:, None, None], tf.shape(bins))
        every = self.depth * self.codes
        found = tf.math.unsorted_segment_sum(tf.reshape(weights, (-1,)), tf.reshape(bins, (-1,)), every)
        self.total.assign_add(found)
        self.count.assign_add(tf.reduce_sum(weights))

    def shares(self) -> tf.Tensor:
        """How often each code of a codebook was used among all of that codebook's, (depth, codes)."""
        uses = tf.reshape(tf.convert_to_tensor(self.total), (self.depth, self.codes))
        return tf.math.divide_no_nan(uses, tf.reduce_sum(uses, axis=1, keepdims=True))

    def reset_state(self) -> None:
        for variable in (self.total, self.count):
            variable.assign(tf.zeros(variable.shape))

    def get_config(self) -> dict[str, Any]:
        return {"codes": self.codes, "depth": self.depth, "name": self.name}


class Perplexity(_CodeUse):
    """`exp(-sum p log p)` of the codes' shares: as many codes as would carry as much, used evenly; the mean of several
    codebooks.

    Source: van den Oord et al. 2017, "Neural Discrete Representation Learning".
    """

    def result(self) -> tf.Tensor:
        shares = self.shares()
        entropy = -tf.reduce_sum(shares * tf.math.log(tf.maximum(shares, 1e-30)), axis=1)
        return tf.reduce_mean(tf.exp(entropy))


class UsedCodes(_CodeUse):
    """The share of codes that were used at all, from 0 to 1."""

    def result(self) -> tf.Tensor:
        return tf.reduce_mean(tf.cast(self.shares() > 0.0, tf.float32))
