"""Where a replica's examples, or those of a micro-batch on it, lie in the global batch."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras
import tensorflow as tf

EMPTY = "every batch of a training must have an example for each replica"


class ReplicaRows(NamedTuple):
    """Here are the rows `start` to `start + local` of a global batch of `total` rows; int32 scalars."""

    start: tf.Tensor
    local: tf.Tensor
    total: tf.Tensor


class _MicroBatch(threading.local):
    """Which micro-batch this thread, that of one replica, is at, and where its rows lie if that is known already."""

    index = 0
    count = 1
    place: ReplicaRows | None = None


_current = _MicroBatch()


@contextmanager
def micro_batch(index: int, count: int) -> Iterator[None]:
    """Within it `replica_rows` places examples of this replica's micro-batch `index` of `count` equal ones."""
    before = _current.index, _current.count
    _current.index, _current.count = index, count
    try:
        yield
    finally:
        _current.index, _current.count = before


def micro_batch_index() -> int:
    """Which micro-batch this is, from 0."""
    return _current.index


def micro_batch_count() -> int:
    """How many micro-batches a replica's batch has."""
    return _current.count


def shares_of_a_step() -> int:
    """How many shares, micro-batches on all replicas, a batch is computed in."""
    return tf.distribute.get_strategy().num_replicas_in_sync * _current.count


@contextmanager
def rows_known(place: ReplicaRows) -> Iterator[None]:
    """Within it `replica_rows` is `place`, without asking the other replicas, as no branch of a graph may."""
    before = _current.place
    _current.place = place
    try:
        yield
    finally:
        _current.place = before


def replica_rows(local: tf.Tensor) -> ReplicaRows:
    """Places `local` examples in the global batch, also where replicas hold unequal shares.

    Outside a strategy, or with one replica, the replica's batch is the global one; outside a micro-batch `local` are
    all that the replica has.
    """
    if _current.place is not None:
        return _current.place
    of_replica = rows_at_once(local * _current.count)
    return ReplicaRows(of_replica.start + _current.index * local, local, of_replica.total)


def rows_at_once(local: tf.Tensor) -> ReplicaRows:
    """Places `local` examples among those that all replicas compute at the same time: those of one micro-batch."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return ReplicaRows(tf.constant(0), local, local)
    index = context.replica_id_in_sync_group
    # float32 counts exactly up to 2^24, and every collective implementation sums it.
    own = tf.one_hot(index, context.num_replicas_in_sync) * tf.cast(local, tf.float32)
    counts = tf.cast(sum_over_replicas(own), tf.int32)
    return ReplicaRows(tf.reduce_sum(counts[:index]), local, tf.reduce_sum(counts))


def with_rows(batch: Any, least: int = 1) -> Any:
    """A replica's batch, tensors (batch, ...), which several replicas must all have a part of: TensorFlow's gradients
    of empty batches are not to be relied on.

    Args:
        batch: a structure; None stays None.
        least: examples that a replica must have, one for each part that its share is cut into.

    Raises:
        tf.errors.InvalidArgumentError: `EMPTY`, where the step runs.
    """
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return batch
    rows = tf.shape(tf.nest.flatten(batch)[0])[0]
    with tf.control_dependencies([tf.debugging.assert_greater_equal(rows, least, EMPTY)]):
        return tf.nest.map_structure(lambda values: None if values is None else tf.identity(values), batch)


def sum_over_replicas(value: tf.Tensor) -> tf.Tensor:
    """The sum of a float tensor over all replicas; the value itself without a strategy."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return value
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value)


def gathered(values: tf.Tensor) -> tf.Tensor:
    """The examples of all replicas, (batch, ...), in the order of `rows_at_once`."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return values
    return context.all_gather(values, axis=0)


def weight_for_all(
    layer: keras.layers.Layer,
    name: str,
    shape: tuple[int, ...] = (),
    dtype: str = "float32",
    initializer: Any = "zeros",
) -> keras.Variable:
    """A weight of `layer` that no optimizer moves and that is the same on all replicas, which must assign equal values.

    Args:
        layer: that it is saved with.
        name: of the weight.
        shape: of the weight.
        dtype: that it is kept and read in.
        initializer: of Keras.
    """
    return layer.add_weight(
        name=name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        trainable=False,
        autocast=False,
        aggregation="only_first_replica",
    )


def all_examples(values: tf.Tensor) -> tf.Tensor:
    """As `gathered`, and gradients flow back to the replica that an example is of.

    Args:
        values: (batch, size), float.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return values
    rows = rows_at_once(tf.shape(values)[0])
    after = rows.total - rows.start - rows.local
    return sum_over_replicas(tf.pad(values, [[rows.start, after], [0, 0]]))
