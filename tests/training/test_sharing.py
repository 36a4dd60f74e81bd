"""A batch in shares: as even as can be, in order, and the same to a model as the whole."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gen
from keras_gen.training.sharing import own_share, shared_out
from tests.harness import replicas

SMALL = {"name": "mlp", "units": [4]}


def shares(batches, count):
    """What each replica takes of every batch, lists of NumPy arrays in the form of a batch."""
    strategy = replicas(count)
    taken = tf.function(lambda batch: strategy.run(own_share, args=(batch,)), reduce_retracing=True)

    def of_replica(batch, replica):
        return tf.nest.map_structure(lambda part: strategy.experimental_local_results(part)[replica].numpy(), batch)

    each = [taken(batch) for batch in shared_out(batches, strategy)]
    return [[of_replica(batch, replica) for replica in range(count)] for batch in each]


@pytest.mark.parametrize("remainder", [True, False])
def test_the_shares_of_a_batch_are_its_rows_in_order(remainder):
    batches = tf.data.Dataset.range(13).batch(8, drop_remainder=not remainder)
    of_batches = [[part.tolist() for part in parts] for parts in shares(batches, 3)]
    assert of_batches == [[[0, 1, 2], [3, 4, 5], [6, 7]], [[8, 9], [10, 11], [12]]][: 1 + remainder]


def test_a_share_may_be_empty():
    ((first, second),) = shares(tf.data.Dataset.range(1).batch(2), 2)
    assert (first.tolist(), second.tolist()) == ([0], [])


@pytest.mark.parametrize("form", [lambda x: (x, -x), lambda x: ((x, -x),), lambda x: {"a": x, "b": (x,)}])
def test_a_share_has_the_form_of_the_batch(form):
    (received,) = shares(tf.data.Dataset.range(4).batch(4).map(form), 2)
    for part, rows in zip(received, ([0, 1], [2, 3]), strict=True):
        tf.nest.map_structure(np.testing.assert_array_equal, part, form(np.array(rows)))


def test_what_is_predicted_and_measured_is_that_of_one_device(pictures):
    """Of five pictures in batches of three, whose last share is empty on the third replica."""
    results = []
    for strategy in (tf.distribute.get_strategy(), replicas(3)):
        keras.utils.set_random_seed(0)
        with strategy.scope():
            model = keras_gen.Autoencoder((8, 8, 1), latent_dim=2, encoder=SMALL, decoder=SMALL)
            model.compile(optimizer="sgd")
        batches = tf.data.Dataset.from_tensor_slices(pictures[:5]).batch(3)
        results.append((model.predict(batches, verbose=0), model.evaluate(batches, verbose=0)))
    (alone, measured), (predicted, on_replicas) = results
    np.testing.assert_allclose(predicted, alone, atol=1e-6)
    assert on_replicas == pytest.approx(measured, rel=1e-5)
