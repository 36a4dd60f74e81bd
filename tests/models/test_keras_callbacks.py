"""Keras's callbacks that keep weights, for one model of each kind: one player, two, and a translator's."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import keras_gen
from tests.harness import assert_close, assert_equal_weights, called_with, data, held_out, seed_initializers, weights_of

MLP = {"name": "mlp", "units": [4]}
FEW = {"batch_size": 2, "epochs": 2, "shuffle": False, "verbose": 0}
RESNET = {"name": "resnet", "filters": 2, "blocks": 1}
PATCHES = {"name": "patchgan", "receptive_field": 16, "filters": 2}
KINDS = {
    "autoencoder": (keras_gen.Autoencoder, {"latent_dim": 2, "encoder": MLP, "decoder": MLP}),
    "adversarial": (keras_gen.GAN, {"latent_dim": 2, "generator": MLP, "discriminator": MLP}),
    "translator": (keras_gen.CycleGAN, {"generator": RESNET, "discriminator": PATCHES}),
}


@pytest.fixture(params=KINDS)
def build(request):
    """Function from the first player's optimizer to a model; the others have SGD."""
    kind, arguments = KINDS[request.param]

    def built(first=None):
        seed_initializers()
        model = kind(image_shape=(8, 8, 1), **arguments)
        optimizers = {name: keras.optimizers.SGD(0.1) for name in model.default_optimizers}
        if first is not None:
            optimizers[next(iter(optimizers))] = first
        model.compile(**optimizers, run_eagerly=True)
        return model

    return built


def test_weights_alone_predict_the_same_and_continue(build, pictures, tmp_path):
    kept = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True)
    whole = build()
    whole.fit(*data(whole, pictures[:4]), callbacks=[kept], **FEW)
    loaded = build()
    loaded.load_weights(tmp_path / "2.weights.h5")
    inputs = called_with(whole, pictures[:2])
    np.testing.assert_array_equal(loaded.predict(inputs, verbose=0), whole.predict(inputs, verbose=0))
    loaded.load_weights(tmp_path / "1.weights.h5")
    loaded.fit(*data(loaded, pictures[:4]), **{**FEW, "epochs": 1})
    assert_equal_weights(weights_of(loaded), weights_of(whole), tolerance=1e-6)


def test_averages_can_be_kept(build, pictures, tmp_path):
    """Keras's average begins with the weights after the first step; with a momentum near 1 it stays there."""
    averaging = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=1 - 1e-7)
    after_steps = []
    model = build(averaging)
    seen = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: after_steps.append(_of_first(model)))
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    kept = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True)
    held = held_out(model, pictures[:2])
    model.fit(*data(model, pictures[:4]), validation_data=held, callbacks=[seen, swap, kept], **FEW)
    loaded = build(keras.optimizers.SGD(0.1, use_ema=True))
    if not loaded.optimizer.built:
        loaded.optimizer.build(loaded.trainable_variables)
    for epoch in (1, 2):
        loaded.load_weights(tmp_path / f"{epoch}.weights.h5")
        assert_close(_of_first(loaded), after_steps[0], rtol=0, atol=1e-5)
    moved = [np.abs(after_steps[-1][name] - value).max() for name, value in after_steps[0].items()]
    assert max(moved) > 1e-3


def _of_first(model):
    """The weights that the first optimizer moves, by place."""
    player = next(iter(model.players.values())) if hasattr(model, "players") else model
    return {str(index): weight.numpy() for index, weight in enumerate(player.trainable_weights)}
