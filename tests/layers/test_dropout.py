from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers import Dropout
from serving import InputError
from tests.harness import replicas

VALUES = tf.ones((64, 3, 2, 50))


def test_whole_channels_go_and_the_mean_stays():
    dropped = Dropout(0.25, seed=1, channels=True)(VALUES, training=True).numpy()
    masks = dropped[:, 0, 0]
    np.testing.assert_array_equal(dropped, np.broadcast_to(masks[:, None, None], dropped.shape))
    np.testing.assert_allclose(np.unique(masks), [0, 4 / 3], rtol=1e-6)
    share = np.mean(masks == 0)
    assert abs(share - 0.25) < 4 * np.sqrt(0.25 * 0.75 / masks.size)
    assert not np.array_equal(masks[0], masks[1])


def test_single_values_go_unless_channels_are_asked_for():
    masks = Dropout(0.5, seed=1)(VALUES, training=True).numpy()
    np.testing.assert_array_equal(np.unique(masks), [0, 2])
    assert abs(masks.mean() - 1) < 4 / np.sqrt(masks.size)
    assert masks.std(axis=(1, 2)).mean() > 0.8


@pytest.mark.parametrize(("rate", "training"), [(0.5, False), (0.0, True)])
def test_nothing_goes_outside_training_or_without_a_rate(rate, training):
    np.testing.assert_array_equal(Dropout(rate, channels=True)(VALUES, training=training), VALUES)


def test_masks_change_with_the_call_and_repeat_with_the_seed():
    one, same, other = (
        Dropout(0.5, seed=1, channels=True),
        Dropout(0.5, seed=1, channels=True),
        Dropout(0.5, seed=2, channels=True),
    )
    first, second = one(VALUES, training=True), one(VALUES, training=True)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(same(VALUES, training=True), first)
    np.testing.assert_array_equal(same(VALUES, training=True), second)
    assert not np.array_equal(other(VALUES, training=True), first)


def test_seeds_follow_that_of_keras():
    def masks(seed):
        keras.utils.set_random_seed(seed)
        return np.stack([Dropout(0.5, channels=True)(VALUES, training=True) for _ in range(2)])

    np.testing.assert_array_equal(masks(3), masks(3))
    assert not np.array_equal(masks(3)[0], masks(3)[1])
    assert not np.array_equal(masks(3), masks(4))


def test_a_saved_layer_goes_on_where_it_stopped(tmp_path):
    model = keras.Sequential([keras.Input((3, 2, 50)), Dropout(0.5, channels=True)])
    model(VALUES, training=True)
    model.save(tmp_path / "m.keras")
    expected = model(VALUES, training=True)
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "m.keras")(VALUES, training=True), expected)


def test_replicas_drop_what_one_would():
    strategy = replicas(2)
    with strategy.scope():
        layer = Dropout(0.5, seed=1, channels=True)
    shares = iter([VALUES[:40], VALUES[40:]])
    parts = strategy.experimental_distribute_values_from_function(lambda _: next(shares))
    received = strategy.run(tf.function(lambda part: layer(part, training=True)), args=(parts,))
    expected = Dropout(0.5, seed=1, channels=True)(VALUES, training=True)
    np.testing.assert_array_equal(tf.concat(strategy.experimental_local_results(received), 0), expected)


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_a_rate_out_of_range_is_named(rate):
    with pytest.raises(InputError, match=rf"`rate` must be from 0 to below 1\. Received: {rate}"):
        Dropout(rate)
