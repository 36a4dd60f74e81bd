"""What networks compute in."""

from __future__ import annotations

import csv

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gen
import serving
from keras_gen.cli import main
from serving import InputError
from serving.common.images import to_uint8
from tests.harness import replicas

SMALL = ["--data", "digits", "--epochs", "1", "--batch_size", "100", "--seed", "1", "--checkpoint_steps", "5"]
DCGAN = ["--model.generator", "{name: dcgan, filters: 4}", "--model.discriminator", "{name: dcgan, filters: 4}"]
MODELS = {"vae": ["--model.latent_dim", "2"], "gan": [*DCGAN, "--model.penalties", "{r1: 0.1}"]}


def last_figures(run):
    with (run / "metrics.csv").open(newline="") as file:
        return {name: float(value) for name, value in list(csv.DictReader(file))[-1].items()}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_a_run_in_half_precision(tmp_path, name, precision):
    found = {}
    for kind in ("float32", precision):
        words = ["train", name, *SMALL, *MODELS[name], "--precision", kind, "--out", str(tmp_path / kind)]
        assert main(words) == 0
        found[kind] = last_figures(tmp_path / kind)
    assert keras.config.dtype_policy().name == "float32"
    for figure in ("loss",) if name == "vae" else ("generator_loss", "discriminator_loss"):
        assert found[precision][figure] == pytest.approx(found["float32"][figure], rel=0.05)
    model = keras.saving.load_model(tmp_path / precision / "model.keras")
    compute = precision.removeprefix("mixed_")
    assert any(layer.compute_dtype == compute for layer in model._flatten_layers())
    assert {variable.dtype for variable in model.trainable_variables} == {"float32"}
    optimizers = [getattr(model, name) for name in model.default_optimizers]
    scaling = [isinstance(optimizer, keras.optimizers.LossScaleOptimizer) for optimizer in optimizers]
    assert all(scaling) == any(scaling) == (precision == "mixed_float16")
    assert main(["export", str(tmp_path / precision), "--out", str(tmp_path / "bundle")]) == 0
    drawn = serving.load(tmp_path / "bundle").sample(20, seed=1).astype(int)
    assert np.abs(drawn - to_uint8(model.sample(20, seed=1))).mean() < 3


def test_float16_is_for_one_device(pictures):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        with replicas(2).scope():
            model = keras_gen.VAE((8, 8, 1), latent_dim=2)
            model.compile(optimizer=keras.optimizers.SGD(0.1))
    finally:
        keras.config.set_dtype_policy("float32")
    with pytest.raises(InputError, match="mixed_float16 must be trained on one device; .* Received: 2"):
        model.fit(pictures[:32], batch_size=32, verbose=0)


def test_a_gradient_out_of_range_leaves_the_weights_as_they_are():
    """float16 ends at 65504: the scaled loss is lowered until gradients fit."""
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = keras_gen.GAN((8, 8, 1), latent_dim=2, generator="mlp", discriminator="mlp")
    finally:
        keras.config.set_dtype_policy("float32")
    model.compile()
    optimizer = model.discriminator_optimizer
    optimizer.dynamic_scale.assign(1e30)
    before = [weight.numpy() for weight in model.discriminator.trainable_weights]
    model.train_on_batch(np.random.default_rng(0).uniform(-1, 1, (8, 8, 8, 1)).astype(np.float32))
    for weight, old in zip(model.discriminator.trainable_weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), old)
    assert float(tf.convert_to_tensor(optimizer.dynamic_scale)) == pytest.approx(5e29)


def test_an_unknown_precision_is_named(refused, tmp_path):
    line = refused("train", "vae", *SMALL, "--precision", "bfloat16", "--out", tmp_path / "run")
    assert "--precision must be one of float32, mixed_bfloat16, mixed_float16. Received: bfloat16." in line
