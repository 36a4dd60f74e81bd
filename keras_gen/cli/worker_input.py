"""What one process of a training reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_gen.data.shares import Share

if TYPE_CHECKING:
    import tensorflow as tf


def worker_input(
    batches: Callable[[Share | None], tf.data.Dataset],
) -> tf.data.Dataset | tf.distribute.DistributedDataset:
    """What `fit` takes under the strategy of the scope: with several workers each one's own share of the batches.

    Args:
        batches: from a share, or None for all of them.
    """
    import tensorflow as tf

    from keras_gen.training.sharing import SharedBatches, grouped

    strategy = tf.distribute.get_strategy()
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return batches(None)
    resolver = strategy.cluster_resolver
    workers = resolver.cluster_spec().num_tasks("worker")
    share = Share(resolver.task_id, workers, strategy.num_replicas_in_sync // workers)
    return SharedBatches(grouped(batches(share), share.replicas))
