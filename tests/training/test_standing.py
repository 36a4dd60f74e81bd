from __future__ import annotations

import keras
import numpy as np
import pytest

from keras_gen.layers import ConditionalBatchNormalization, SpectralDense
from keras_gen.training.standing import standing_statistics
from serving import InputError

RNG = np.random.default_rng(0)
BATCHES = [(2.0 + RNG.standard_normal((n, 3))).astype(np.float32) for n in (4, 4, 9)]


def network():
    x = keras.Input((3,))
    y = keras.layers.BatchNormalization(name="first")(x)
    y = keras.layers.BatchNormalization(name="second")(SpectralDense(2, name="dense")(y))
    return keras.Model(x, y)


def normalized(x):
    return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-3)


def test_statistics_are_the_means_of_the_batches():
    model = network()
    first, dense, second = (model.get_layer(name) for name in ("first", "dense", "second"))
    w, u = dense.kernel.numpy(), dense.u.numpy()
    standing_statistics(model, BATCHES)
    np.testing.assert_allclose(first.moving_mean, np.mean([x.mean(axis=0) for x in BATCHES], axis=0), rtol=1e-5)
    np.testing.assert_allclose(first.moving_variance, np.mean([x.var(axis=0) for x in BATCHES], axis=0), rtol=1e-5)
    # The second normalization sees what the first makes of the batch itself, by a kernel whose sigma gets better.
    means, variances = [], []
    for x in BATCHES:
        v = w @ u / np.linalg.norm(w @ u)
        u = w.T @ v / np.linalg.norm(w.T @ v)
        hidden = normalized(x) @ w / (v.T @ w @ u)
        means.append(hidden.mean(axis=0))
        variances.append(hidden.var(axis=0))
    np.testing.assert_allclose(second.moving_mean, np.mean(means, axis=0), atol=1e-5)
    np.testing.assert_allclose(second.moving_variance, np.mean(variances, axis=0), rtol=1e-4)


def test_nothing_else_changes():
    model = network()
    kept = {w.path: w.numpy() for w in model.weights if not w.name.startswith("moving")}
    standing_statistics(model, iter(BATCHES))
    assert {"dense/u", "dense/kernel"} <= kept.keys()
    for weight in model.weights:
        if weight.path in kept:
            np.testing.assert_array_equal(weight, kept[weight.path])
    before = [w.numpy() for w in model.weights]
    standing_statistics(model, BATCHES)
    for weight, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)
    assert [layer.momentum for layer in model.layers if hasattr(layer, "momentum")] == [0.99, 0.99]


def test_a_frozen_network_has_them_too_and_stays_frozen():
    free, frozen = network(), network()
    frozen.set_weights(free.get_weights())
    frozen.trainable = False
    for model in (free, frozen):
        standing_statistics(model, BATCHES[:1])
    assert frozen.trainable_weights == []
    for name in ("moving_mean", "moving_variance"):
        expected, received = (getattr(model.get_layer("first"), name).numpy() for model in (free, frozen))
        np.testing.assert_array_equal(received, expected)


def test_normalizations_within_layers_are_found():
    images, conditions = keras.Input((2, 2, 3)), keras.Input((2,))
    model = keras.Model([images, conditions], ConditionalBatchNormalization()(images, conditions))
    x = RNG.standard_normal((5, 2, 2, 3)).astype(np.float32)
    standing_statistics(model, [[x, np.zeros((5, 2), np.float32)]])
    np.testing.assert_allclose(model.layers[-1].normalization.moving_mean, x.mean(axis=(0, 1, 2)), atol=1e-6)


def test_no_batch_is_refused_and_changes_nothing():
    model = network()
    before = [w.numpy() for w in model.weights]
    with pytest.raises(InputError, match="at least one batch. Received: 0 batches"):
        standing_statistics(model, [])
    for weight, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)
