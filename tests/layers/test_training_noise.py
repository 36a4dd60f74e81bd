from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers.training_noise import TrainingNoise
from tests.harness import replicas


def test_noise_is_a_function_of_seed_step_and_purpose():
    def draw(seed=1, steps=0, purpose="a"):
        noise = TrainingNoise(seed)
        for _ in range(steps):
            noise.advance()
        return noise.training_rows(tf.constant(4), 3, purpose).numpy()

    np.testing.assert_array_equal(draw(), draw())
    for other in (draw(seed=2), draw(steps=1), draw(purpose="b")):
        assert not np.isin(draw(), other).any()


def test_noise_is_standard_normal():
    noise = TrainingNoise(0).training_rows(tf.constant(50_000), 2, "a").numpy()
    # Standard errors of mean and variance over 1e5 draws: 0.0032 and 0.0045; five of each.
    assert abs(noise.mean()) < 0.016
    assert abs(noise.var() - 1) < 0.023


@pytest.mark.parametrize("shares", [(4, 4), (5, 3), (7, 1)])
def test_an_examples_noise_does_not_depend_on_the_replicas(shares):
    alone = TrainingNoise(5).training_rows(tf.constant(8), 3, "a").numpy()
    strategy = replicas(2)
    with strategy.scope():
        noise = TrainingNoise(5)
    rows = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(shares[context.replica_id_in_sync_group])
    )

    @tf.function
    def draw():
        return strategy.run(lambda n: noise.training_rows(n, 3, "a"), args=(rows,))

    parts = [part.numpy() for part in strategy.experimental_local_results(draw())]
    assert [len(part) for part in parts] == list(shares)
    np.testing.assert_array_equal(np.concatenate(parts), alone)


def test_evaluation_noise_restarts_and_is_not_the_trainings():
    noise = TrainingNoise(0)
    first = noise.evaluation_rows(tf.constant(2), 3, "a").numpy()
    noise.advance_evaluation()
    second = noise.evaluation_rows(tf.constant(2), 3, "a").numpy()
    noise.restart_evaluation()
    again = noise.evaluation_rows(tf.constant(2), 3, "a").numpy()
    np.testing.assert_array_equal(first, again)
    assert not np.isin(second, first).any()
    assert not np.isin(noise.training_rows(tf.constant(2), 3, "a").numpy(), first).any()
