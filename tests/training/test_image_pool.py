from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers.training_noise import TrainingNoise
from keras_gen.training.image_pool import ImagePool
from tests.harness import replicas


class Pooled(keras.Model):
    """A pool with the noise that moves it on."""

    def __init__(self, size=4, seed=0):
        super().__init__()
        self.noise = TrainingNoise(seed)
        self.pool = ImagePool((1, 1, 1), size, self.noise, "a")

    def step(self, images):
        given = self.pool(images)
        self.noise.advance()
        return given


def numbered(first, count):
    return np.arange(first, first + count, dtype=np.float32).reshape(count, 1, 1, 1)


def run(model, batches):
    return [np.ravel(model.step(batch)) for batch in batches]


def test_until_it_is_full_pictures_come_back():
    model = Pooled(size=5)
    assert [list(given) for given in run(model, [numbered(0, 2), numbered(2, 2)])] == [[0, 1], [2, 3]]
    np.testing.assert_array_equal(np.ravel(model.pool.images)[:4], [0, 1, 2, 3])
    assert int(model.pool.filled.numpy()) == 4


def test_then_a_picture_comes_back_or_trades_places_with_one_kept():
    model, size, rows = Pooled(size=6), 6, 3
    kept = set(range(size))
    run(model, [numbered(0, size)])
    traded = old = 0
    for step in range(200):
        new = np.ravel(numbered(1000 + rows * step, rows))
        given = np.ravel(model.step(new.reshape(rows, 1, 1, 1)))
        back = given == new
        assert set(given[~back]) <= kept
        assert len(set(given)) == rows
        kept = (kept - set(given[~back])) | set(new[~back])
        assert set(np.ravel(model.pool.images)) == kept
        traded += int((~back).sum())
        old += sum(given[~back] < 1000 + rows * (step - 1))
    # An even coin, and places that are drawn at random: five standard errors.
    assert abs(traded - 300) < 5 * np.sqrt(600 * 0.25)
    assert old > 150


def test_a_batch_may_fill_the_pool_and_go_on():
    model = Pooled(size=4, seed=3)
    run(model, [numbered(0, 3)])
    given = np.ravel(model.step(numbered(10, 3)))
    assert given[0] == 10
    assert set(given[1:]) <= {0, 1, 2, 11, 12}
    assert sorted(set(np.ravel(model.pool.images)) | set(given)) == [0, 1, 2, 10, 11, 12]


def test_moves_of_one_step_draw_other_places():
    """Of a full pool each coin of a move is its own: with the same ones, twelve would be alike by chance 1 in 4096."""
    model, given = Pooled(size=12), []
    model.step(numbered(0, 12))
    for turn in range(2):
        new = numbered(100 * (turn + 1), 12)
        given.append(np.ravel(model.pool(new, turn=turn)) == np.ravel(new))
    assert not np.array_equal(*given)


def test_no_pool_gives_every_picture_back():
    model = Pooled(size=0)
    np.testing.assert_array_equal(run(model, [numbered(0, 3)] * 2), [[0, 1, 2]] * 2)


def test_it_goes_on_from_a_checkpoint(tmp_path):
    batches = [numbered(10 * step, 3) for step in range(8)]
    straight, stopped, resumed = Pooled(), Pooled(), Pooled()
    expected = run(straight, batches)
    run(stopped, batches[:5])
    path = tf.train.Checkpoint(model=stopped).save(str(tmp_path / "c"))
    tf.train.Checkpoint(model=resumed).restore(path).assert_consumed()
    np.testing.assert_array_equal(run(resumed, batches[5:]), expected[5:])


@pytest.mark.parametrize("shares", [(2, 2), (3, 1)])
def test_replicas_share_one_pool(shares):
    batches = [numbered(10 * step, sum(shares)) for step in range(6)]
    alone = Pooled(size=6)
    expected = run(alone, batches)
    strategy = replicas(2)
    with strategy.scope():
        model = Pooled(size=6)
    step = tf.function(lambda part: model.step(part))
    for batch, wanted in zip(batches, expected, strict=True):
        parts = iter([batch[: shares[0]], batch[shares[0] :]])
        given = strategy.run(
            step,
            args=(strategy.experimental_distribute_values_from_function(lambda _, p=parts: tf.constant(next(p))),),
        )
        np.testing.assert_array_equal(np.ravel(tf.concat(strategy.experimental_local_results(given), 0)), wanted)
    np.testing.assert_array_equal(model.pool.images.numpy(), alone.pool.images.numpy())


def test_no_gradient_passes():
    model = Pooled()
    images = tf.constant(numbered(1, 2))
    with tf.GradientTape() as tape:
        tape.watch(images)
        loss = tf.reduce_sum(model.step(images))
    assert tape.gradient(loss, images) is None


def test_a_batch_larger_than_the_pool_is_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="a batch must fit into the pool of 4 pictures"):
        Pooled(size=4).step(numbered(0, 5))
