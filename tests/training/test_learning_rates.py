"""One optimizer over those of several players."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import keras_gen
from serving.common.errors import InputError

SMALL = {"name": "mlp", "units": [4]}


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    return keras_gen.GAN((8, 8, 1), latent_dim=2, generator=SMALL, discriminator=SMALL)


def test_what_is_saved_is_what_is_loaded(model, pictures):
    model.compile(run_eagerly=True)
    store = {}
    model.optimizer.save_own_variables(store)
    model.fit(pictures[:32], verbose=0)
    assert int(model.optimizer.iterations) == 1
    model.optimizer.load_own_variables(store)
    assert int(model.optimizer.iterations) == int(model.discriminator_optimizer.iterations) == 0


@pytest.mark.parametrize("each_epoch", [False, True])
def test_averages_of_an_optimizer_are_put_into_its_own_player(model, pictures, each_epoch):
    """Keras's average begins with the weights after the first step; with a momentum near 1 it stays there."""
    model.compile(
        generator_optimizer=keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=1 - 1e-7),
        discriminator_optimizer=keras.optimizers.SGD(0.1),
        run_eagerly=True,
    )
    after_a_step = {}
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=each_epoch)
    kept = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: after_a_step.update(
            {name: after_a_step.get(name, player.get_weights()) for name, player in model.players.items()}
        )
    )
    model.fit(pictures[:32], validation_data=pictures[:32], epochs=2, verbose=0, callbacks=[kept, swap])
    distance = {
        name: max(np.abs(now - then).max() for now, then in zip(player.get_weights(), after_a_step[name], strict=True))
        for name, player in model.players.items()
    }
    assert distance["generator"] < 1e-5 < distance["discriminator"]


@pytest.mark.parametrize("options", [{"optimizer": "adam"}, {"loss": "mse"}, {"metrics": ["mae"]}])
def test_compile_takes_the_players_optimizers_alone(model, options):
    with pytest.raises(InputError, match="`compile` takes generator_optimizer, discriminator_optimizer. Received:"):
        model.compile(**options)
