"""Distributes a batch over the moves that a player makes in one training step."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from keras_gen.layers.replica import micro_batch_count, replica_rows
from serving.common.errors import InputError


def turns(batch: Any, count: int) -> list[Any]:
    """Splits a batch into `count` parts: row `i` of the global batch is in part `i % count`, on any replica.

    Where a smaller last batch has fewer rows than there are parts, the parts that would be empty have those of the
    first ones: a mean over no example is no loss.

    Args:
        batch: a tensor (batch, ...), or a structure of such; None stays None.
        count: how many parts, at least 1.

    Raises:
        InputError: a micro-batch that is known not to be divisible.
    """
    if count == 1:
        return [batch]
    first_tensor = tf.nest.flatten(batch)[0]
    rows = first_tensor.shape[0]
    if micro_batch_count() > 1 and rows is not None and rows % count:
        raise InputError(
            f"a micro-batch must have a multiple of {count} examples, one for each move. Received: {rows}."
        )
    place = replica_rows(tf.shape(first_tensor)[0])

    def part(turn: int) -> Any:
        first = tf.math.floormod(turn % tf.minimum(count, place.total) - place.start, count)
        return tf.nest.map_structure(lambda values: None if values is None else values[first::count], batch)

    return [part(turn) for turn in range(count)]
