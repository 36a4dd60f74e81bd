"""Batches cut into the shares of replicas, beside the training step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import tensorflow as tf


class Shares(NamedTuple):
    """A batch, one part for each replica of all, or of this process, in their order."""

    parts: tuple[Any, ...]


class SharedBatches(tf.distribute.DistributedDataset):
    """Batches in `Shares`, which `own_share` chooses from on each replica.

    What a strategy makes of a data set ends in an iterator for every device, which has tf.data's tuner whatever the
    options of the data set say. The tuner's thread sleeps for up to a minute at a time, and every epoch waits for it.

    Args:
        shares: of `cut` or `grouped`.
    """

    def __init__(self, shares: tf.data.Dataset) -> None:
        self._shares = shares.prefetch(1)

    def __iter__(self) -> Iterator[Shares]:
        return iter(self._shares)

    @property
    def element_spec(self) -> Any:
        return self._shares.element_spec

    @property
    def cardinality(self) -> tf.Tensor:
        return self._shares.cardinality()


def cut(batches: tf.data.Dataset, replicas: int) -> tf.data.Dataset:
    """Structures of tensors (batch, ...) in as many `Shares`, which differ by one example at most and may be empty."""
    return batches.map(lambda *batch: _cut(_as_given(batches, batch), replicas))


def grouped(parts: tf.data.Dataset, replicas: int) -> tf.data.Dataset:
    """Parts of equal size, those of a process's replicas in turn, in `Shares`."""

    def shares(*stacked: Any) -> Shares:
        flat = tf.nest.flatten(whole := _as_given(parts, stacked))
        return Shares(tuple(tf.nest.pack_sequence_as(whole, [part[i] for part in flat]) for i in range(replicas)))

    return parts.batch(replicas).map(tf.autograph.experimental.do_not_convert(shares))


def shared_out(batches: tf.data.Dataset, strategy: tf.distribute.Strategy) -> tf.data.Dataset | SharedBatches:
    """What `fit` takes under a strategy: batches in shares where several replicas train.

    Every process of several makes whole batches then, as it does under the policy DATA of `tf.data`. Under other
    policies TensorFlow may share files instead, and does what it does.
    """
    several = strategy.num_replicas_in_sync > 1
    mirrored = isinstance(strategy, tf.distribute.MirroredStrategy)
    processes = isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)
    by_data = batches.options().experimental_distribute.auto_shard_policy == tf.data.experimental.AutoShardPolicy.DATA
    if several and (mirrored or (processes and by_data)):
        return SharedBatches(cut(batches, strategy.num_replicas_in_sync))
    return batches


def own_share(batch: Any) -> Any:
    """This replica's part of `Shares`; any other batch as it is."""
    if not isinstance(batch, Shares):
        return batch
    # The replicas of a process, of which each has as many, follow one another.
    replica = tf.get_static_value(tf.distribute.get_replica_context().replica_id_in_sync_group)
    return batch.parts[replica % len(batch.parts)]


def _as_given(batches: tf.data.Dataset, parts: tuple[Any, ...]) -> Any:
    """The structure of a batch, which `map` passes on in parts where it is a tuple."""
    return parts if isinstance(batches.element_spec, tuple) else parts[0]


@tf.autograph.experimental.do_not_convert
def _cut(batch: Any, replicas: int) -> Shares:
    """As even parts as there can be, the longer ones first."""

    def parts(values: tf.Tensor) -> list[tf.Tensor]:
        rows = values.shape[0] if values.shape[0] is not None else tf.shape(values)[0]
        sizes = [(rows + replicas - 1 - replica) // replicas for replica in range(replicas)]
        return tf.split(values, sizes, num=replicas)

    flat = [parts(values) for values in tf.nest.flatten(batch)]
    return Shares(tuple(tf.nest.pack_sequence_as(batch, of_replica) for of_replica in zip(*flat, strict=True)))
