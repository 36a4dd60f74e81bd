"""Penalties on a generator: when they come, what they remember, and who can have them."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gen
from keras_gen.layers.style_space import style_steps
from keras_gen.layers.training_noise import TrainingNoise
from keras_gen.networks import stylegan
from keras_gen.training.generator_penalties import LazyGeneratorPenalties
from serving.common.errors import InputError


def linear_generator(scale):
    """4 numbers to a picture of 2x2, each pixel a number times `scale`."""
    latents = keras.Input((4,))
    pixels = keras.layers.Dense(4, use_bias=False, kernel_initializer=keras.initializers.Identity(scale))(latents)
    return keras.Model(latents, keras.layers.Reshape((2, 2, 1))(pixels))


def test_a_lazy_penalty_comes_now_and_then_and_remembers_the_mean_length():
    """|A^T y| = scale * |y| for A = scale * I."""
    noise = TrainingNoise(1)
    penalties = LazyGeneratorPenalties("path_length:0.5", 3, noise)
    generator, latents = linear_generator(2.0), tf.ones((5, 4))
    mean = 0.0
    for step in range(5):
        normal = noise.training_rows(5, 4, "path_length").numpy()
        lengths = 2.0 * np.linalg.norm(normal, axis=1) / 2.0 if step % 3 == 0 else np.zeros(5)
        terms = penalties.added({"loss": tf.fill([5], 7.0)}, generator, latents)
        expected = 7.0 + (3 * 0.5 * (lengths - mean) ** 2 if step % 3 == 0 else 0.0)
        np.testing.assert_allclose(terms["loss"], np.broadcast_to(expected, 5), rtol=1e-5)
        np.testing.assert_allclose(terms["path_length"], lengths, rtol=1e-5)
        penalties.end_step({"path_length": tf.reduce_mean(terms["path_length"])})
        mean += 0.01 * (lengths.mean() - mean) if step % 3 == 0 else 0.0
        assert float(penalties.layers[0].mean) == pytest.approx(mean, rel=1e-5)
        noise.advance()


def test_steps_of_styles_make_the_pictures_of_the_latents():
    generator = stylegan.generator(3, (8, 8, 1), filters=2, style_dim=4)
    latents = tf.constant(np.random.default_rng(0).standard_normal((4, 3)), tf.float32)
    styles, pictures = style_steps(generator, latents)
    assert styles.shape == (4, 4, 4)
    np.testing.assert_allclose(pictures(styles), generator(latents, training=False), atol=1e-6)
    assert np.abs(pictures(2.0 * styles) - pictures(styles)).max() > 1e-3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"generator_penalties": "path_length"}, "`generator_penalties` must be like path_length:2."),
        ({"generator_penalties": {"length": 1.0}}, "`generator_penalties` must be one of path_length."),
        ({"generator_penalties": {"path_length": -1.0}}, "`generator_penalties.path_length` must be at least 0."),
        ({"generator_penalty_every": 4}, "`generator_penalty_every` must be 1 without `generator_penalties`."),
    ],
)
def test_options_that_cannot_be_are_named(options, message):
    with pytest.raises(InputError) as error:
        keras_gen.GAN((8, 8, 1), generator="mlp", discriminator="mlp", **options)
    assert message in str(error.value)


def test_a_generator_of_more_than_a_latent_has_none():
    with pytest.raises(InputError, match="must be left out for InfoGAN"):
        keras_gen.InfoGAN((8, 8, 1), generator="mlp", discriminator="mlp", generator_penalties="path_length:1")
