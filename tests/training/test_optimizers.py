from __future__ import annotations

import keras
import numpy as np
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


def rates(spec, steps):
    optimizer = spec.build()
    optimizer.build([])
    found = []
    for step in steps:
        optimizer.iterations.assign(step)
        found.append(float(optimizer.learning_rate))
    return found


STEPS = np.array([0, 10, 50, 100, 250])
PROGRESS = np.minimum(STEPS / 100, 1)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, np.ones(5)),
        ({"schedule": "constant"}, np.ones(5)),
        ({"decay_steps": 100}, (1 + np.cos(np.pi * PROGRESS)) / 2),
        ({"schedule": "cosine", "decay_steps": 100}, (1 + np.cos(np.pi * PROGRESS)) / 2),
        ({"schedule": "linear", "decay_steps": 100}, 1 - PROGRESS),
        # Zhu et al. 2017, section 4: the first half of the training at one rate, the second one down to zero.
        ({"schedule": "linear", "decay_steps": 50, "hold_steps": 50}, np.clip(2 - STEPS / 50, 0, 1)),
        ({"schedule": "exponential", "decay_steps": 100}, 0.1 ** (STEPS / 100)),
        ({"schedule": "exponential", "decay_steps": 100, "decay_rate": 0.5}, 0.5 ** (STEPS / 100)),
        # Ganin et al. 2016, section 5.2.2: alpha = 10, beta = 0.75.
        ({"schedule": "inverse", "decay_steps": 100}, (1 + 10 * PROGRESS) ** -0.75),
        (
            {"schedule": "inverse", "decay_steps": 100, "decay_rate": 3.0, "decay_power": 0.5},
            (1 + 3 * PROGRESS) ** -0.5,
        ),
    ],
)
def test_schedules_follow_their_formulas(options, expected):
    spec = OptimizerSpec("sgd", learning_rate=0.2, **options)
    np.testing.assert_allclose(rates(spec, STEPS), 0.2 * expected, rtol=1e-5, atol=1e-8)


def test_a_schedule_is_saved_with_its_optimizer():
    for kind, hold in (("linear", None), ("exponential", None), ("inverse", None), ("linear", 10)):
        optimizer = OptimizerSpec("sgd", learning_rate=0.2, schedule=kind, decay_steps=100, hold_steps=hold).build()
        again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
        for each in (optimizer, again):
            each.build([])
            each.iterations.assign(30)
        assert float(again.learning_rate) == float(optimizer.learning_rate) < 0.2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"schedule": "inverse"}, "`decay_steps` must be given for the schedule 'inverse'"),
        ({"schedule": "constant", "decay_steps": 9}, "`decay_steps` must be left out for the schedule 'constant'"),
        ({"hold_steps": 9}, "`hold_steps` must be left out for the schedule 'constant'"),
        ({"decay_steps": 9, "hold_steps": 0}, "`hold_steps` must be at least 1. Received: 0"),
        ({"decay_rate": 0.5}, "`decay_rate` must be left out for the schedule 'constant'"),
        ({"decay_steps": 9, "decay_rate": 0.5}, "`decay_rate` must be left out for the schedule 'cosine'"),
        ({"schedule": "exponential", "decay_steps": 9, "decay_power": 1.0}, "`decay_power` must be left out"),
        ({"schedule": "inverse", "decay_steps": 9, "decay_rate": 0.0}, "`decay_rate` must be positive. Received: 0.0"),
        ({"schedule": "linaer", "decay_steps": 9}, "Did you mean 'linear'?"),
    ],
)
def test_impossible_schedules_are_named(options, message):
    with pytest.raises(InputError) as error:
        OptimizerSpec(**options).build()
    assert message in str(error.value)
