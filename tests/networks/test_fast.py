from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gen
from keras_gen.layers import GatedLinearUnit, PictureDecoders
from keras_gen.layers.own_terms import terms_of_layers
from keras_gen.layers.training_noise import TrainingNoise
from keras_gen.networks import fast
from keras_gen.training.game import Game
from keras_gen.training.moves import watching
from serving import InputError

RNG = np.random.default_rng(0)
PLAIN = {"batch_normalization": False, "spectral_normalization": False}


def drawn(values):
    return lambda examples, use: tf.constant(values, tf.float32)[:, None]


def count(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (24, 12, 3)])
def test_every_role_has_its_shape(shape):
    generator = fast.generator(5, shape, filters=2)
    assert generator.output_shape == (None, *shape)
    critic = fast.discriminator(shape, filters=2)
    assert critic.output_shape == (None, 1)
    layer = next(layer for layer in critic.layers if isinstance(layer, PictureDecoders))
    assert layer.whole.output_shape == (None, *shape)
    assert layer.part.output_shape == (None, shape[0] // 2, shape[1] // 2, shape[2])


def test_the_weights_are_those_of_the_paper():
    """Of 16x16 pictures with 2 filters: 4x4, 8x8 and 16x16 with 8, 4 and 2 channels, each gated by as many, one
    convolution for each of the two doublings, and one excitation of the last map by the first features."""
    normalizations = 2 * 16 + 2 * 8 + 2 * 4
    excitation = (16 * 8 * 2 + 2) + (2 * 2 + 2)
    expected = 5 * 16 * 16 + 9 * 8 * 8 + 9 * 4 * 4 + normalizations + (9 * 2 * 3 + 3)
    assert count(fast.generator(5, (16, 16, 3), 2, excitation=2)) == expected + excitation
    assert count(fast.generator(5, (16, 16, 3), 2, excitation=0)) == expected
    assert count(fast.generator(5, (16, 16, 3), 2)) == expected  # three doublings are more than there are


def test_a_gate_lets_features_through_by_others():
    values = RNG.standard_normal((2, 3, 3, 6)).astype(np.float32)
    expected = values[..., :3] / (1.0 + np.exp(-values[..., 3:]))
    np.testing.assert_allclose(GatedLinearUnit()(values), expected, rtol=1e-5)


def test_an_excitation_scales_whole_channels_of_each_picture():
    """With the last weights of the excitation at 0 and its bias far below or above 0, a channel is shut or open."""
    generator = fast.generator(3, (8, 8, 1), 2, excitation=1)
    scaled = next(layer for layer in generator.layers if isinstance(layer, keras.layers.Multiply))
    gate = scaled.input[1]._keras_history.operation
    gate.set_weights([np.zeros(gate.kernel.shape), np.array([-50.0, 50.0])])
    high, after = keras.Model(generator.input, [scaled.input[0], scaled.output])(RNG.standard_normal((4, 3)))
    np.testing.assert_allclose(after, high * np.array([0.0, 1.0]), atol=1e-6)


@pytest.mark.parametrize("side", [16, 128])
def test_what_is_asked_for_are_the_errors_of_the_whole_and_of_a_quarter(side):
    """Decoders of zeros make grey pictures, so that the errors are the means of what they should have made: of 128
    pixels, at a fourth of that, from features of 4 pixels."""
    layer = PictureDecoders(0.5, filters=2)
    images = RNG.uniform(-1, 1, (4, side, side, 1)).astype(np.float32)
    early, late = np.ones((4, 4, 4, 3), np.float32), np.full((4, 2, 2, 5), 2.0, np.float32)
    with terms_of_layers(drawn([0.0, 0.3, 0.5, 0.99])) as asked:
        np.testing.assert_array_equal(layer([images, early, late]), late)
        for weight in layer.weights:
            weight.assign(tf.zeros_like(weight))
        layer([images, early, late])
    factor = max(1, side // (2 * 16))
    smaller = images.reshape(4, side // factor, factor, side // factor, factor, 1).mean(axis=(2, 4))
    half = side // 2
    quarters = [images[0, :half, :half], images[1, :half, half:], images[2, half:, :half], images[3, half:, half:]]
    parts = np.stack(quarters)
    factor = max(1, half // (2 * 16))
    parts = parts.reshape(4, half // factor, factor, half // factor, factor, 1).mean(axis=(2, 4))
    expected = 0.5 * (np.abs(smaller).mean(axis=(1, 2, 3)) + np.abs(parts).mean(axis=(1, 2, 3)))
    np.testing.assert_allclose(asked[-1], expected, rtol=1e-5)


def test_the_term_is_in_the_discriminators_loss_for_real_pictures_alone():
    critic = fast.discriminator((8, 8, 1), 2, decoding=3.0, **PLAIN)
    layer = next(layer for layer in critic.layers if isinstance(layer, PictureDecoders))
    game = Game("hinge", None, 0.0, 0.0, None, (), TrainingNoise(1))
    real, fake = (RNG.uniform(-1, 1, (5, 8, 8, 1)).astype(np.float32) for _ in range(2))
    with watching(critic) as tape:
        received = game.discriminator_terms(critic, real, fake, "turn")["loss"]
    assert all(gradient is not None for gradient in tape.gradient(received, critic.trainable_variables))
    features = keras.Model(critic.input, layer.input)(real)
    draws = TrainingNoise(1).training_rows(5, 1, "turn/layer 0", uniform=True)
    with terms_of_layers(lambda examples, use: draws) as asked:
        layer(features)
    expected = game.score(critic(real), critic(fake))["loss"] + asked[0]
    np.testing.assert_allclose(received, expected, rtol=1e-5)
    assert asked[0].numpy().min() > 0.1
    plain = game.generator_terms(critic, real, fake)["loss"]
    np.testing.assert_allclose(plain, -np.ravel(critic(fake)), rtol=1e-5)


def test_without_decoding_there_are_no_decoders():
    critic = fast.discriminator((8, 8, 1), 2, decoding=0.0)
    assert not any(isinstance(layer, PictureDecoders) for layer in critic.layers)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"decoding": -1.0}, "`decoding` must be at least 0. Received: -1.0"), ({"filters": 0}, "`filters` must be")],
)
def test_options_that_cannot_be_are_named(options, message):
    with pytest.raises(InputError) as error:
        fast.discriminator((8, 8, 1), **options)
    assert message in str(error.value)


def test_it_is_told_the_class():
    network = {"name": "fast", "filters": 2}
    model = keras_gen.ConditionalGAN((8, 8, 1), ("a", "b"), 3, generator=network, discriminator=network, loss="hinge")
    model.compile()
    model.run_eagerly = True
    model.fit(np.zeros((4, 8, 8, 1), np.float32), np.arange(4) % 2, batch_size=4, verbose=0)
    assert model.sample(2).shape == (2, 8, 8, 1)
