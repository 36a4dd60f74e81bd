"""Generators that draw noise in inference, as StyleGAN's does: it is a part of the latent, and drawn from the seed."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import export
import serving
from serving import InputError
from serving.common.noise import standard_normal
from tests.export.foreign.conftest import layers, lively


class Noise(layers.Layer):
    """Adds noise of one number for each pixel, scaled by a weight for each channel."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],))

    def call(self, x):
        batch, height, width, _ = keras.ops.shape(x)
        return x + self.scale * self.draw((batch, height, width, 1))

    def draw(self, shape):
        return keras.random.normal(shape)


class ByTensorFlow(Noise):
    def draw(self, shape):
        return 2 * tf.random.normal(shape)


class Given(Noise):
    """The same with the noise as an input."""

    def call(self, x, noise):
        return x + self.scale * noise


def noisy(kind):
    z = keras.Input((6,), name="z")
    x = layers.Reshape((2, 2, 4))(layers.Dense(16)(z))
    x = kind()(layers.UpSampling2D()(x))
    x = kind()(layers.Conv2DTranspose(4, 3, 2, padding="same", activation="relu")(x))
    return lively(keras.Model(z, layers.Conv2D(3, 1, activation="tanh")(x)))


@pytest.mark.parametrize(("kind", "factor"), [(Noise, 1), (ByTensorFlow, 2)])
def test_noise_inside_is_a_part_of_the_latent(tmp_path, kind, factor):
    network = noisy(kind)
    said: list[str] = []
    sampler = serving.load(export.bundle_networks(tmp_path / "b", decoder=network, say=said.append))
    assert sampler.latent.size == 6 + 4 * 4 + 8 * 8
    assert "noise inside as 80 more numbers of the latent" in said[0]
    z = keras.Input((6,))
    first, second = keras.Input((4, 4, 1)), keras.Input((8, 8, 1))
    x = layers.Reshape((2, 2, 4))(layers.Dense(16)(z))
    x = Given()(layers.UpSampling2D()(x), first)
    x = Given()(layers.Conv2DTranspose(4, 3, 2, padding="same", activation="relu")(x), second)
    told = keras.Model([z, first, second], layers.Conv2D(3, 1, activation="tanh")(x))
    told.set_weights([weight.numpy() for weight in network.trainable_weights])
    latents = standard_normal(4, 3, 86)
    parts = np.split(latents, [6, 22], axis=1)
    noise = [factor * parts[1].reshape(3, 4, 4, 1), factor * parts[2].reshape(3, 8, 8, 1)]
    expected = (np.asarray(told([parts[0], *noise])) + 1) * 127.5
    assert np.abs(sampler.sample(3, seed=4) - expected).max() <= 1
    again = serving.load(export.bundle_networks(tmp_path / "again", decoder=network)).sample(3, seed=4)
    np.testing.assert_array_equal(again, sampler.sample(3, seed=4))


def test_noise_of_another_distribution_is_refused_by_name(tmp_path):
    class Uniform(Noise):
        def draw(self, shape):
            return keras.random.uniform(shape)

    with pytest.raises(InputError, match="must draw no noise inside.*uniform"):
        export.bundle_networks(tmp_path / "b", decoder=noisy(Uniform))
