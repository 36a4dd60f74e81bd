"""Of a data set of pictures that a model takes as they are the first batch is looked at, and all are trained on."""

from __future__ import annotations

from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gen
from keras_gen.training.first_look import FirstLookedAt
from keras_gen.training.given import given
from keras_gen.training.intake import Mistakes
from serving.common.errors import InputError

SMALL = {"name": "mlp", "units": [4]}


@pytest.fixture
def traced():
    """How often the step was traced."""
    return []


@pytest.fixture
def model(traced):
    keras.utils.set_random_seed(0)

    class Counting(keras_gen.Autoencoder):
        def moves(self, *batch):
            traced.append(batch)
            return super().moves(*batch)

    model = Counting((8, 8, 1), latent_dim=2, encoder=SMALL, decoder=SMALL)
    model.compile(optimizer=keras.optimizers.SGD(0.1))
    return model


def batches(pictures):
    return tf.data.Dataset.from_tensor_slices(pictures).batch(32)


def test_every_batch_is_trained_on_and_the_step_traced_once(model, traced, pictures):
    """Of two whole batches and a smaller one; an epoch later none is looked at."""
    start = model.get_weights()
    model.fit(batches(pictures[:70]), epochs=2, shuffle=False, verbose=0)
    assert (len(traced), int(model.noise.step)) == (1, 6)
    trained = [weight.numpy() for weight in model.trainable_weights]
    model.set_weights(start)
    model.fit(pictures[:70], batch_size=32, epochs=2, shuffle=False, verbose=0)
    for one, other in zip(model.trainable_weights, trained, strict=True):
        np.testing.assert_allclose(one.numpy(), other, atol=1e-6)


def test_each_fit_and_evaluation_refuses_before_its_first_step(model, pictures):
    model.fit(batches(pictures[:32]), shuffle=False, verbose=0)
    before = model.get_weights()
    for use in (partial(model.fit, shuffle=False), model.evaluate):
        with pytest.raises(InputError, match=r"must be floats in \[-1, 1\]"):
            use(batches(3 * pictures), verbose=0)
    assert all(np.array_equal(now, then) for now, then in zip(model.get_weights(), before, strict=True))


def test_a_data_set_without_batches_is_left_to_keras(model, pictures):
    with pytest.warns(UserWarning, match="ran out of data"):
        model.fit(batches(pictures[:0]), steps_per_epoch=1, shuffle=False, verbose=0)


@pytest.mark.parametrize(
    ("change", "as_they_are"),
    [
        (lambda x: x, True),
        (lambda x: (x,), True),
        (lambda x: tf.cast(x, tf.float64), False),
        (lambda x: (x, x), False),
        (lambda x: tf.ensure_shape(x, (None, None, None, 1)), True),
        (lambda x: tf.numpy_function(lambda x: x, [x], tf.float32), False),
    ],
)
def test_batches_that_must_be_made_are_not_taken_as_they_are(model, pictures, change, as_they_are):
    taken = given(model, "fit", Mistakes(), batches(pictures).map(change)).get_tf_dataset()
    assert isinstance(taken, FirstLookedAt) == as_they_are
