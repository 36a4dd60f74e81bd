from __future__ import annotations

from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers import Dropout
from keras_gen.layers.training_noise import TrainingNoise
from keras_gen.training.moves import Move, global_mean, play
from serving.common.errors import InputError
from tests.harness import moved, replicas


def dense(kernel, **arguments):
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, **arguments)])
    network.set_weights([np.array([[kernel]], np.float32)])
    return network


def kernel_of(network):
    return float(network.get_weights()[0][0, 0])


def test_one_step_of_sgd_follows_the_gradient_of_the_mean():
    """loss = mean (w x)^2, d/dw = 2 w mean x^2."""
    network, x = dense(2.0), np.array([[1.0], [2.0], [3.0]], np.float32)
    values = moved(lambda: {"loss": tf.square(network(x))[:, 0]}, network, keras.optimizers.SGD(0.1))
    np.testing.assert_allclose(values["loss"], [4.0, 16.0, 36.0])
    assert kernel_of(network) == pytest.approx(2.0 - 0.1 * 2 * 2.0 * (1 + 4 + 9) / 3)


def test_the_networks_weight_penalty_is_part_of_the_loss():
    network = dense(2.0, kernel_regularizer=keras.regularizers.L2(0.5))
    moved(lambda: {"loss": 0.0 * network(np.ones((1, 1)))[:, 0]}, network, keras.optimizers.SGD(0.1))
    assert kernel_of(network) == pytest.approx(2.0 - 0.1 * 2 * 0.5 * 2.0)


def test_another_networks_weights_stay():
    mover, other = dense(2.0), dense(3.0)
    x = np.ones((2, 1), np.float32)
    moved(lambda: {"loss": mover(other(x))[:, 0]}, mover, keras.optimizers.SGD(0.1))
    assert kernel_of(other) == 3.0
    assert kernel_of(mover) == pytest.approx(2.0 - 0.1 * 3.0)


def test_what_is_reported_is_float32_and_cut_off_from_the_gradient():
    network = dense(1.0)
    with tf.GradientTape() as tape:
        values = moved(
            lambda: {"loss": tf.cast(network(np.ones((2, 1)))[:, 0], tf.float16)}, network, keras.optimizers.SGD(0.1)
        )
    assert values["loss"].dtype == tf.float32
    assert tape.gradient(values["loss"], network.trainable_variables[0].value) is None


@pytest.mark.parametrize("shares", [(3, 3), (5, 1), (6, 0)])
def test_replicas_with_unequal_shares_move_as_one(shares):
    x = np.arange(1.0, 7.0, dtype=np.float32)[:, None]
    alone = dense(2.0, kernel_regularizer=keras.regularizers.L2(0.1))
    moved(lambda: {"loss": tf.square(alone(x))[:, 0]}, alone, keras.optimizers.SGD(0.01))
    strategy = replicas(2)
    with strategy.scope():
        shared = dense(2.0, kernel_regularizer=keras.regularizers.L2(0.1))
        optimizer = keras.optimizers.SGD(0.01)
        optimizer.build(shared.trainable_variables)
    parts = np.split(x, [shares[0]])
    data = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(parts[context.replica_id_in_sync_group])
    )

    @tf.function
    def step():
        strategy.run(
            lambda part: moved(lambda: {"loss": tf.square(shared(part))[:, 0]}, shared, optimizer), args=(data,)
        )

    step()
    assert kernel_of(shared) == pytest.approx(kernel_of(alone), rel=1e-6)


def test_global_mean_without_a_strategy_is_the_mean():
    assert float(global_mean(tf.constant([1.0, 2.0, 6.0]))) == 3.0


def error(network, x):
    """A player that wants its network to give 0: per example (w x)^2."""
    return lambda: {"loss": tf.square(network(x))[:, 0], "accuracy": x[:, 0] / 6.0}


def two_players(first, second, **options):
    """The second's loss depends on the first's weights, which have moved by then."""

    def moves(x):
        one = yield Move(error(first, x), first, keras.optimizers.SGD(0.01), **options)
        other = yield Move(error(second, first(x)), second, keras.optimizers.SGD(0.01))
        return {"first": one["loss"], "second": other["loss"]}

    return moves


@pytest.mark.parametrize("micro_batches", [2, 3, 6])
def test_micro_batches_move_as_the_whole_batch(micro_batches):
    x = tf.range(1.0, 7.0)[:, None]
    received, expected = (
        [dense(2.0, kernel_regularizer="l2"), dense(3.0)],
        [dense(2.0, kernel_regularizer="l2"), dense(3.0)],
    )
    values = play(two_players(*received), x, micro_batches=micro_batches)
    for name, whole in play(two_players(*expected), x).items():
        np.testing.assert_allclose(values[name], whole, rtol=1e-6)
    for one, other in zip(received, expected, strict=True):
        assert kernel_of(one) == pytest.approx(kernel_of(other), rel=1e-6)


@pytest.mark.parametrize(("rest_above", "rests"), [(0.55, True), (0.6, False)])
def test_a_player_rests_by_the_accuracy_of_all_micro_batches(rest_above, rests):
    """Accuracies are 1/6 to 6/6, on average 3.5/6 = 0.583; of the first half a third, of the second five sixths."""
    first = dense(2.0)
    play(two_players(first, dense(3.0), rest_above=rest_above), tf.range(1.0, 7.0)[:, None], micro_batches=2)
    assert (kernel_of(first) == 2.0) == rests


def test_a_batch_that_micro_batches_do_not_divide_is_refused():
    with pytest.raises(InputError, match=r"`micro_batches` must divide each replica's batch of 6\. Received: 4\."):
        play(two_players(dense(2.0), dense(3.0)), tf.range(1.0, 7.0)[:, None], micro_batches=4)


def drawing(noise, purposes):
    """Moves whose terms draw noise after that of the forward pass before them."""
    network, optimizer = dense(2.0), keras.optimizers.SGD(0.01)
    optimizer.build(network.trainable_variables)

    def moves(x):
        noise.training_rows(tf.shape(x)[0], 1, purposes[0])

        def terms():
            return {"loss": network(x)[:, 0] + noise.training_rows(tf.shape(x)[0], 1, purposes[1])[:, 0]}

        yield Move(terms, network, optimizer)
        return (yield Move(error(network, x), network, optimizer))

    return moves


@pytest.mark.parametrize("micro_batches", [1, 2])
@pytest.mark.parametrize("graph", [False, True])
def test_a_step_draws_noise_once_for_each_purpose(micro_batches, graph):
    """Forward passes that are made again for a later move, and later steps, draw the same again."""
    noise, x = TrainingNoise(0), tf.range(1.0, 7.0)[:, None]

    def step_of(moves):
        step = partial(play, moves, x, micro_batches)
        return tf.function(step, autograph=False) if graph else step

    step, twice = (step_of(drawing(noise, ("first", other))) for other in ("second", "first"))
    step()
    step()
    with pytest.raises(InputError, match="drawn once a step for each purpose. Received: 'first' again."):
        twice()


def test_noise_that_moves_on_within_a_step_may_be_drawn_again():
    dropout, network = Dropout(0.5, seed=0), dense(1.0)

    def terms():
        kept = [dropout(tf.ones((2, 4, 4, 1)), training=True) for _ in range(2)]
        assert not np.array_equal(kept[0], kept[1])
        return {"loss": network(tf.ones((2, 1)))[:, 0]}

    moved(terms, network, keras.optimizers.SGD(0.1))
