"""Batches cut into the shares of a machine's replicas, beside the training step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import tensorflow as tf


class Shares(NamedTuple):
    """A batch, one part for each replica in their order."""

    parts: tuple[Any, ...]


class SharedBatches(tf.distribute.DistributedDataset):
    """Batches in `Shares`, which `own_share` chooses from on each replica.

    What a strategy makes of a data set ends in an iterator for every device, which has tf.data's tuner whatever the
    options of the data set say. The tuner's thread sleeps for up to a minute at a time, and every epoch waits for it.

    Args:
        batches: structures of tensors (batch, ...).
        replicas: how many share each batch. Shares differ by one example at most, and may be empty.
    """

    def __init__(self, batches: tf.data.Dataset, replicas: int) -> None:
        whole = isinstance(batches.element_spec, tuple)  # which `map` passes on in parts
        self._shares = batches.map(lambda *batch: _cut(batch if whole else batch[0], replicas)).prefetch(1)

    def __iter__(self) -> Iterator[Shares]:
        return iter(self._shares)

    @property
    def element_spec(self) -> Any:
        return self._shares.element_spec


def shared_out(batches: tf.data.Dataset, strategy: tf.distribute.Strategy) -> tf.data.Dataset | SharedBatches:
    """What `fit` takes under a strategy: batches in shares where several devices of this process have one each."""
    several = isinstance(strategy, tf.distribute.MirroredStrategy) and strategy.num_replicas_in_sync > 1
    return SharedBatches(batches, strategy.num_replicas_in_sync) if several else batches


def own_share(batch: Any) -> Any:
    """This replica's part of `Shares`; any other batch as it is."""
    if not isinstance(batch, Shares):
        return batch
    return batch.parts[tf.get_static_value(tf.distribute.get_replica_context().replica_id_in_sync_group)]


@tf.autograph.experimental.do_not_convert
def _cut(batch: Any, replicas: int) -> Shares:
    """As even parts as there can be, the longer ones first."""

    def parts(values: tf.Tensor) -> list[tf.Tensor]:
        rows = values.shape[0] if values.shape[0] is not None else tf.shape(values)[0]
        sizes = [(rows + replicas - 1 - replica) // replicas for replica in range(replicas)]
        return tf.split(values, sizes, num=replicas)

    flat = [parts(values) for values in tf.nest.flatten(batch)]
    return Shares(tuple(tf.nest.pack_sequence_as(batch, of_replica) for of_replica in zip(*flat, strict=True)))
