"""Sharing out a batch among the moves that a player makes in one step."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from keras_gen.layers.replica import replica_rows


def turns(batch: Any, count: int) -> list[Any]:
    """The batch in `count` parts: row `i` of the global batch is in part `i % count`, on whatever replica it lies.

    Args:
        batch: a tensor (batch, ...), or a structure of such; None stays None.
        count: how many parts, at least 1.
    """
    if count == 1:
        return [batch]
    start = replica_rows(tf.shape(tf.nest.flatten(batch)[0])[0]).start

    def part(turn: int) -> Any:
        first = tf.math.floormod(turn - start, count)
        return tf.nest.map_structure(lambda values: None if values is None else values[first::count], batch)

    return [part(turn) for turn in range(count)]
