from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers.replica import micro_batch
from keras_gen.training.turns import turns
from serving import InputError
from tests.harness import replicas


def test_rows_go_round_the_turns():
    parts = turns((tf.range(7), None), 3)
    assert [part[0].numpy().tolist() for part in parts] == [[0, 3, 6], [1, 4], [2, 5]]
    assert all(part[1] is None for part in parts)


def test_one_turn_is_the_batch_itself():
    batch = tf.range(4)
    assert turns(batch, 1)[0] is batch


@pytest.mark.parametrize("shares", [(4, 4), (5, 2), (1, 6)])
def test_a_row_has_the_same_turn_on_whatever_replica_it_lies(shares):
    """The turn is decided by the place in the global batch: replica 0 has rows 0.., replica 1 those that follow."""
    strategy = replicas(2)
    rows = np.arange(sum(shares))
    values = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(np.split(rows, [shares[0]])[context.replica_id_in_sync_group])
    )
    parts = tf.function(lambda batch: strategy.run(lambda local: turns(local, 3), args=(batch,)))(values)
    for turn, part in enumerate(parts):
        received = np.concatenate([local.numpy() for local in strategy.experimental_local_results(part)])
        np.testing.assert_array_equal(received, rows[rows % 3 == turn])


def test_micro_batches_that_the_moves_do_not_divide_are_refused():
    with micro_batch(0, 2), pytest.raises(InputError, match=r"a multiple of 3 examples, .* Received: 4"):
        turns(tf.range(4), 3)
