"""Which part of every batch a process reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import tensorflow as tf


class Share(NamedTuple):
    """The part of one of several workers, each with as many replicas.

    Attributes:
        worker: which one, from 0.
        workers: how many there are.
        replicas: of each.
    """

    worker: int
    workers: int
    replicas: int


def shared(batches: tf.data.Dataset, share: Share | None) -> tf.data.Dataset:
    """The batches of each of a worker's replicas in turn, as `tf.distribute` takes them from a worker's own input.

    Args:
        batches: structures of tensors (batch, ...) of the global batch, which workers and replicas must divide.
        share: None gives the global batches.
    """
    import tensorflow as tf

    if share is None:
        return batches
    first = share.worker * share.replicas

    def own(values: tf.Tensor) -> tf.Tensor:
        return tf.stack(tf.split(values, share.workers * share.replicas)[first : first + share.replicas])

    def of_replicas(*batch: Any) -> tf.data.Dataset:
        parts = tf.nest.map_structure(own, batch)
        return tf.data.Dataset.from_tensor_slices(parts if len(batch) > 1 else parts[0])

    return batches.flat_map(of_replicas)
