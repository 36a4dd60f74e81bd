"""Where a replica's examples lie in the global batch."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf


class ReplicaRows(NamedTuple):
    """This replica has the rows `start` to `start + local` of a global batch of `total` rows; int32 scalars."""

    start: tf.Tensor
    local: tf.Tensor
    total: tf.Tensor


def replica_rows(local: tf.Tensor) -> ReplicaRows:
    """Places `local` examples of this replica in the global batch, also where replicas hold unequal shares.

    Outside a strategy, or with one replica, the local batch is the global one.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return ReplicaRows(tf.constant(0), local, local)
    index = context.replica_id_in_sync_group
    # float32 counts exactly up to 2^24, and every collective implementation sums it.
    own = tf.one_hot(index, context.num_replicas_in_sync) * tf.cast(local, tf.float32)
    counts = tf.cast(sum_over_replicas(own), tf.int32)
    return ReplicaRows(tf.reduce_sum(counts[:index]), local, tf.reduce_sum(counts))


def sum_over_replicas(value: tf.Tensor) -> tf.Tensor:
    """The sum of a float tensor over all replicas; the value itself without a strategy."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return value
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value)


def gathered(values: tf.Tensor) -> tf.Tensor:
    """The examples of all replicas, (batch, ...), in the order of the global batch."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return values
    return context.all_gather(values, axis=0)
