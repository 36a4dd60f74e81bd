from __future__ import annotations

import keras
import numpy as np
import pytest

from keras_gen import losses
from keras_gen.layers import Inferred, LatentLevels
from serving import InputError

UNITS = 5
SIZES = (2, 1, 3)
MERGES = ["precision", "residual"]


def levels(merge: str = "precision", sizes: tuple[int, ...] = SIZES) -> LatentLevels:
    """With weights as after a training: priors begin at the standard normal distribution."""
    layer = LatentLevels(sizes, UNITS, merge, dtype="float64")
    rng = np.random.default_rng(0)
    layer.set_weights([0.5 * rng.standard_normal(weight.shape) for weight in layer.get_weights()])
    return layer


def through(pair: list[keras.layers.Layer], x: np.ndarray) -> np.ndarray:
    for dense in pair:
        x = silu(linear(dense, x))
    return x


def linear(dense: keras.layers.Layer, x: np.ndarray) -> np.ndarray:
    kernel, bias = dense.get_weights()
    return x @ kernel + bias


def silu(x: np.ndarray) -> np.ndarray:
    return x / (1 + np.exp(-x))


def log_normal(x: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    return -0.5 * np.sum((x - mean) ** 2 / variance + np.log(2 * np.pi * variance), axis=-1)


def log_weights(inferred: Inferred) -> np.ndarray:
    """`log p(z) - log q(z|x)` by the densities of the noise."""
    noise, mean, log_variance = (np.asarray(part) for part in inferred[1:])
    return log_normal(noise, np.zeros(1), np.ones(1)) - log_normal(noise, mean, np.exp(log_variance))


def by_latents(
    layer: LatentLevels, features: np.ndarray, noise: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Latents drawn from the posterior, and their own `log p(z)` and `log q(z|x)`, level by level, by NumPy."""
    climbed = [features]
    for first, second in zip(layer.climbing[::2], layer.climbing[1::2], strict=True):
        climbed.append(climbed[-1] + linear(second, silu(linear(first, silu(climbed[-1])))))
    found: list[np.ndarray] = []
    log_prior = log_posterior = np.zeros(noise.shape[:-1])
    start = 0
    for level, size in enumerate(layer.sizes):
        seen = hidden = climbed[-1 - level]
        mean, variance = np.zeros(size), np.ones(size)
        if level:
            heard = through(layer.descending[2 * level - 2 : 2 * level], np.concatenate(found, axis=-1))
            mean, log_variance = np.split(linear(layer.priors[level - 1], heard), 2, axis=-1)
            variance = np.exp(7 * np.tanh(log_variance / 7))
            if layer.merge == "residual":
                hidden = seen + linear(layer.hearing[level - 1], heard)
        told, log_told = np.split(linear(layer.posteriors[level], seen + silu(hidden)), 2, axis=-1)
        log_told = 7 * np.tanh(log_told / 7)
        if layer.merge == "precision" and level:
            narrow = 1 / (1 / np.exp(log_told) + 1 / variance)
            middle = narrow * (told / np.exp(log_told) + mean / variance)
        else:
            narrow, middle = variance * np.exp(log_told), mean + np.sqrt(variance) * told
        latents = middle + np.sqrt(narrow) * noise[..., start : start + size]
        log_prior = log_prior + log_normal(latents, mean, variance)
        log_posterior = log_posterior + log_normal(latents, middle, narrow)
        found.append(latents)
        start += size
    return np.concatenate(found, axis=-1), log_prior, log_posterior


@pytest.mark.parametrize("merge", MERGES)
def test_densities_of_the_noise_weigh_as_those_of_the_latents(merge):
    layer, rng = levels(merge), np.random.default_rng(1)
    features, noise = rng.standard_normal((4, 1, UNITS)), rng.standard_normal((4, 3, sum(SIZES)))
    latents, log_prior, log_posterior = by_latents(layer, features, noise)
    inferred = layer.infer(features, noise)
    np.testing.assert_allclose(inferred.latents, latents, rtol=1e-9)
    np.testing.assert_allclose(log_weights(inferred), log_prior - log_posterior, rtol=1e-9)
    np.testing.assert_allclose(layer(inferred.noise), latents, rtol=1e-9)


@pytest.mark.parametrize("merge", MERGES)
def test_the_divergence_is_that_of_many_draws(merge):
    layer, rng = levels(merge), np.random.default_rng(2)
    noise = rng.standard_normal((1, 20_000, sum(SIZES)))
    inferred = layer.infer(rng.standard_normal((1, 1, UNITS)), noise)
    parts = zip(layer.split(inferred.mean), layer.split(inferred.log_variance), strict=True)
    closed = np.sum([losses.standard_normal_kl(*part).numpy() for part in parts], axis=0)
    difference = -log_weights(inferred) - closed
    assert closed.std() > 0, "levels below depend on what was drawn above"
    assert abs(difference.mean()) < 4 * difference.std() / np.sqrt(difference.size)


def test_without_noise_every_level_is_at_its_mean():
    layer, features = levels(), np.random.default_rng(3).standard_normal((4, UNITS))
    inferred = layer.infer(features)
    np.testing.assert_array_equal(inferred.noise, inferred.mean)
    np.testing.assert_allclose(layer.infer(features, np.zeros((4, sum(SIZES)))).latents, inferred.latents, rtol=1e-12)


def test_the_prior_begins_at_the_standard_normal_distribution():
    noise = np.random.default_rng(4).standard_normal((4, 3)).astype(np.float32)
    np.testing.assert_array_equal(LatentLevels((1, 2), UNITS)(noise), noise)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((), 4), r"at least 1\. Received: \[\]"),
        (((3, 0), 4), r"at least 1\. Received: \[3, 0\]"),
        (((3, 2), 0), "`units` must be at least 1. Received: 0"),
        (((3, 2), 4, "sum"), "`merge` must be one of precision, residual. Received: 'sum'"),
    ],
)
def test_a_mistake_is_named(arguments, message):
    with pytest.raises(InputError, match=message):
        LatentLevels(*arguments)
