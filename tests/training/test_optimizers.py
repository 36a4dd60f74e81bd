from __future__ import annotations

import keras
import pytest

from keras_gen.training.optimizers import OptimizerSpec
from serving import InputError


def test_fields_reach_the_optimizer():
    optimizer = OptimizerSpec("adam", learning_rate=2e-4, beta_1=0.5, global_clipnorm=1.0).build()
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert float(optimizer.learning_rate) == pytest.approx(2e-4)
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.global_clipnorm) == (0.5, 0.999, 1.0)


def test_an_option_of_another_optimizer_is_named():
    with pytest.raises(InputError, match=r"`beta_1` must be left out for 'sgd'. Received: 0.5"):
        OptimizerSpec("sgd", beta_1=0.5).build()


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_an_impossible_rate_is_named(rate):
    with pytest.raises(InputError, match="`learning_rate` must be positive"):
        OptimizerSpec(learning_rate=rate).build()


def test_the_rate_falls_along_half_a_cosine():
    optimizer = OptimizerSpec(learning_rate=0.2, decay_steps=100).build()
    optimizer.build([])
    for step, expected in ((0, 0.2), (50, 0.1), (100, 0.0), (500, 0.0)):
        optimizer.iterations.assign(step)
        assert float(optimizer.learning_rate) == pytest.approx(expected, abs=1e-7)
    with pytest.raises(InputError, match="`decay_steps` must be at least 1. Received: 0"):
        OptimizerSpec(decay_steps=0).build()
