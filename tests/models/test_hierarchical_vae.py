from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import keras_gen
from serving import InputError
from tests.harness import ModelContract

SMALL = {
    "image_shape": (8, 8, 1),
    "level_sizes": (2, 3),
    "level_units": 8,
    "encoder": {"name": "mlp", "units": [16]},
    "decoder": {"name": "mlp", "units": [16]},
}


class TestHierarchicalVAE(ModelContract):
    model_class = keras_gen.HierarchicalVAE
    arguments = {**SMALL, "free_nats": 0.1, "kl_warmup_steps": 10, "seed": 5}


def drawn(*shape: int) -> tf.Tensor:
    return tf.constant(np.random.default_rng(6).standard_normal(shape), tf.float32)


def trained(**options: Any) -> keras_gen.HierarchicalVAE:
    """With weights as after a training, so that levels depend on each other."""
    model = keras_gen.HierarchicalVAE(**{**SMALL, **options})
    rng = np.random.default_rng(7)
    for weight in model.trainable_variables:
        weight.assign(rng.normal(0, 0.4, weight.shape))
    return model


def test_the_weights_of_draws_are_likelihood_and_densities(pictures):
    model, noise = trained(), drawn(4, 3, 5)
    images = tf.constant(pictures[:4])
    inferred = model.levels.infer(model.encoder(images)[:, None], noise)
    logits = model.decoder(tf.reshape(inferred.latents, (12, 5))).numpy().reshape(4, 3, 8, 8, 1).astype(float)
    white = (np.repeat(pictures[:4, None], 3, axis=1) + 1) / 2
    likelihood = np.sum(white * logits - np.logaddexp(0, logits), axis=(2, 3, 4))
    eps, mean, log_variance = (np.asarray(part, float) for part in inferred[1:])
    ratio = 0.5 * np.sum((eps - mean) ** 2 * np.exp(-log_variance) + log_variance - eps**2, axis=-1)
    np.testing.assert_allclose(model.log_weights(images, noise), likelihood + ratio, rtol=1e-5)


def test_the_levels_share_the_divergence_and_each_has_free_nats(pictures):
    model, noise = trained(free_nats=2.0), drawn(20, 1, 5)
    terms = {name: value.numpy() for name, value in model.bound(tf.constant(pictures[:20]), noise, True).items()}
    np.testing.assert_allclose(terms["kl"], terms["kl_1"] + terms["kl_2"], rtol=1e-5)
    np.testing.assert_allclose(terms["elbo"], -terms["reconstruction"] - terms["kl"], rtol=1e-5)
    charged = sum(np.maximum(terms[name], 2.0) for name in ("kl_1", "kl_2"))
    assert (charged > terms["kl"]).any(), "some pictures have fewer nats in a level"
    np.testing.assert_allclose(terms["loss"], terms["reconstruction"] + charged, rtol=1e-5)


def test_several_samples_give_the_importance_weighted_bound(pictures):
    model, noise = trained(num_samples=3), drawn(20, 3, 5)
    images = tf.constant(pictures[:20])
    terms = model.bound(images, noise, training=True)
    weights = model.log_weights(images, noise).numpy().astype(float)
    expected = np.log(np.mean(np.exp(weights - weights.max()), axis=-1)) + weights.max()
    np.testing.assert_allclose(terms["importance_bound"], expected, rtol=1e-5)
    np.testing.assert_allclose(terms["loss"], -expected, rtol=1e-5)


def test_what_is_exported_speaks_of_the_noise_of_all_levels(pictures):
    """And of three levels as of two."""
    model, images = trained(level_sizes=(1, 2, 2), merge="residual"), tf.constant(pictures[:4])
    networks = model.inference_networks()
    told = networks["encoder"]({"image": images})
    inferred = model.levels.infer(model.encoder(images))
    np.testing.assert_allclose(told["mean"], inferred.noise, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(told["log_variance"], inferred.log_variance, rtol=1e-5, atol=1e-6)
    assert not np.allclose(inferred.noise, inferred.latents), "noise is not what the inner decoder takes"
    np.testing.assert_allclose(networks["decoder"]({"latent": told["mean"]})["image"], model(images), atol=1e-5)


def test_bounds_of_several_samples_exclude_other_weights_of_the_divergence():
    with pytest.raises(
        InputError, match=r"free_nats=0 and kl_warmup_steps=0\. Received: num_samples=2, beta=1.0, free"
    ):
        keras_gen.HierarchicalVAE(**SMALL, num_samples=2, free_nats=0.5)
