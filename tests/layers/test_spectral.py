from __future__ import annotations

from collections import Counter

import keras
import numpy as np
import pytest
import tensorflow as tf

from export.border import Bordered
from export.to_onnx import convert
from keras_gen.layers import SpectralConv2D, SpectralDense, SpectralEmbedding
from tests.harness import replicas

RNG = np.random.default_rng(0)
CASES = {
    "conv": (lambda **o: SpectralConv2D(5, 3, padding="same", **o), (6, 6, 4)),
    "dense": (lambda **o: SpectralDense(5, **o), (7,)),
    "embedding": (lambda **o: SpectralEmbedding(9, 5, **o), ()),
}


def example(kind, batch=3):
    shape = CASES[kind][1]
    if kind == "embedding":
        return np.arange(batch)
    return RNG.standard_normal((batch, *shape)).astype(np.float32)


def network(kind, **options):
    make, shape = CASES[kind]
    inputs = keras.Input(shape, dtype="int32" if kind == "embedding" else "float32")
    return keras.Model(inputs, make(**options)(inputs))


def matrix(layer):
    """The stored weight with its last axis as columns."""
    weight = layer.trainable_weights[0].numpy()
    return weight.reshape(-1, weight.shape[-1])


@pytest.mark.parametrize("kind", CASES)
def test_sigma_becomes_the_largest_singular_value(kind):
    model = network(kind)
    layer = model.layers[-1]
    for _ in range(200):
        model(example(kind), training=True)
    expected = np.linalg.svd(matrix(layer), compute_uv=False)[0]
    assert float(layer.sigma()) == pytest.approx(expected, rel=1e-5)
    assert np.linalg.norm(layer.u) == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("kind", CASES)
def test_the_output_is_that_of_the_divided_weight(kind):
    spectral = network(kind)
    layer = spectral.layers[-1]
    plain = {
        "conv": keras.layers.Conv2D(5, 3, padding="same"),
        "dense": keras.layers.Dense(5),
        "embedding": keras.layers.Embedding(9, 5),
    }[kind]
    x = example(kind)
    plain.build((None, *CASES[kind][1]))
    weights = [weight.numpy() for weight in layer.trainable_weights]
    u = layer.u.numpy()
    sigma = np.linalg.norm(matrix(layer) @ u)
    plain.set_weights([weights[0] / sigma, *(weight + 1 for weight in weights[1:])])
    layer.set_weights([weights[0], *(weight + 1 for weight in weights[1:]), u])
    np.testing.assert_allclose(spectral(x), plain(x), atol=1e-5)


def test_the_activation_comes_last():
    model = network("dense", activation="relu")
    assert np.min(model(example("dense", 20))) == 0


def test_a_weight_of_zeros_stays_one_and_can_be_trained():
    model = network("dense", use_bias=False, kernel_initializer="zeros")
    x = example("dense")
    with tf.GradientTape() as tape:
        outputs = model(x, training=True)
    np.testing.assert_array_equal(outputs, np.zeros((3, 5)))
    gradient = tape.gradient(outputs, model.trainable_variables[0].value)
    np.testing.assert_allclose(gradient, x.T @ np.ones((3, 5)), rtol=1e-5)


def test_a_step_of_power_iteration_and_its_gradient_follow_the_formula():
    """v = W u / |W u|, u' = W^T v / |W^T v|, sigma = v^T W u'; for a loss `sum(G * W / sigma)` the gradient is
    `(G - sum(G * W / sigma) v u'^T) / sigma`, Miyato et al. 2018, equation 12."""
    model = network("dense", use_bias=False)
    layer = model.layers[-1]
    w, u = layer.kernel.numpy().astype(np.float64), layer.u.numpy().astype(np.float64)
    x = example("dense").astype(np.float64)
    v = w @ u / np.linalg.norm(w @ u)
    moved = w.T @ v / np.linalg.norm(w.T @ v)
    sigma = (v.T @ w @ moved).item()
    g = x.T @ np.ones((3, 5))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(x.astype(np.float32), training=True))
    gradient = tape.gradient(loss, layer.kernel.value)
    np.testing.assert_allclose(layer.u, moved, atol=1e-6)
    np.testing.assert_allclose(float(loss), (g * w).sum() / sigma, rtol=1e-5)
    np.testing.assert_allclose(gradient, (g - (g * w).sum() / sigma * v @ moved.T) / sigma, atol=1e-5)


@pytest.mark.parametrize("kind", CASES)
def test_several_calls_in_a_compiled_step_are_as_many_iterations(kind):
    compiled, eager = network(kind), network(kind)
    eager.set_weights(compiled.get_weights())
    x = example(kind)

    def step(model):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(x, training=True) ** 2) + tf.reduce_sum(model(x[:1], training=True))
        return tape.gradient(loss, model.trainable_variables[0].value)

    received, expected = tf.function(lambda: step(compiled))(), step(eager)
    np.testing.assert_allclose(tf.convert_to_tensor(received), tf.convert_to_tensor(expected), atol=1e-5)
    np.testing.assert_allclose(compiled.layers[-1].u, eager.layers[-1].u, atol=1e-6)


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("frozen", [False, True])
def test_inference_and_frozen_layers_keep_u(kind, frozen):
    model = network(kind)
    before = model.layers[-1].u.numpy()
    model.trainable = not frozen
    model(example(kind), training=frozen)
    np.testing.assert_array_equal(model.layers[-1].u, before)


@pytest.mark.parametrize("kind", CASES)
def test_saved_loaded_and_cloned_is_the_same(kind, tmp_path):
    model = network(kind)
    x = example(kind)
    model(x, training=True)
    model.save(tmp_path / "m.keras")
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert type(loaded.layers[-1]) is type(clone.layers[-1]) is type(model.layers[-1])
    for training in (False, True, False):
        expected = model(x, training=training)
        for copy in (loaded, clone):
            np.testing.assert_array_equal(copy(x, training=training), expected)


def test_replicas_share_one_u():
    alone = network("conv")
    strategy = replicas(2)
    with strategy.scope():
        shared = network("conv")
    shared.set_weights(alone.get_weights())
    x = example("conv", 4)
    parts = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(np.split(x, 2)[context.replica_id_in_sync_group])
    )

    @tf.function
    def step():
        return strategy.run(lambda part: [shared(part, training=True) for _ in range(2)][-1], args=(parts,))

    received = np.concatenate([part.numpy() for part in strategy.experimental_local_results(step())])
    expected = [alone(x, training=True) for _ in range(2)][-1]
    np.testing.assert_allclose(received, expected, atol=1e-5)
    np.testing.assert_allclose(shared.layers[-1].u.numpy(), alone.layers[-1].u, atol=1e-6)


def test_sigma_is_float32_in_mixed_precision():
    model = network("conv", dtype="mixed_bfloat16")
    layer = model.layers[-1]
    for _ in range(200):
        outputs = model(example("conv"), training=True)
    assert outputs.dtype == tf.bfloat16
    assert layer.u.dtype == "float32"
    # bfloat16 has three digits.
    expected = np.linalg.svd(matrix(layer), compute_uv=False)[0]
    with tf.GradientTape():
        assert float(layer.sigma()) == pytest.approx(expected, rel=1e-5)


def test_an_exported_layer_is_one_with_a_constant_kernel():
    images = keras.Input((6, 6, 4), name="image")
    inner = network("conv")
    inner(example("conv"), training=True)
    model = convert(Bordered(keras.Model({"image": images}, {"code": inner(images)}), "float"))
    operators = Counter(node.op_type for node in model.graph.node)
    assert operators["Conv"] == 1
    assert not operators.keys() & {"MatMul", "Div", "Mul", "ReduceSum", "ReduceL2", "Sqrt"}
