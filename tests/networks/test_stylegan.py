"""StyleGAN's networks and their layers, by hand."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gen
from keras_gen.layers import (
    AnotherLatent,
    ChannelBias,
    EqualizedDense,
    FeatureNoise,
    LearnedCanvas,
    ModulatedConv2D,
    RootMeanSquare,
    StyleMixing,
)
from keras_gen.networks import build_network, stylegan
from serving.common.errors import InputError

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def test_a_modulated_convolution_is_one_with_a_kernel_of_each_example():
    """Karras et al. 2020, equations 1 and 3, written out."""
    features, styles = normal(2, 5, 5, 3), normal(2, 4, 6)
    for demodulate in (True, False):
        layer = ModulatedConv2D(7, place=2, demodulate=demodulate)
        received = layer(features, styles).numpy()
        kernel = layer.kernel.numpy() / np.sqrt(9 * 3)
        scales = styles[:, 2] @ layer.affine.kernel.numpy() / np.sqrt(6) + 1.0
        for example in range(2):
            modulated = kernel * scales[example][None, None, :, None]
            if demodulate:
                modulated = modulated / np.sqrt((modulated**2).sum(axis=(0, 1, 2)) + 1e-8)
            expected = tf.nn.conv2d(features[example : example + 1], modulated, 1, "SAME")[0]
            np.testing.assert_allclose(received[example], expected, rtol=1e-4, atol=1e-4)


def test_a_demodulated_convolution_keeps_the_deviation_of_white_noise():
    layer = ModulatedConv2D(16)
    received = layer(normal(4, 32, 32, 8), 3.0 * normal(4, 1, 5)).numpy()[:, 1:-1, 1:-1]
    # 57,600 numbers, of which neighbours depend on each other.
    assert received.std() == pytest.approx(1.0, abs=0.05)


def test_an_equalized_layer_begins_with_its_bias_and_learns_at_its_rate():
    layer = EqualizedDense(400, bias=1.0, rate=0.01)
    inputs = normal(50, 100)
    received = layer(inputs).numpy()
    np.testing.assert_allclose(received, inputs @ layer.kernel.numpy() * 0.01 / 10.0 + 1.0, rtol=1e-3, atol=1e-4)
    assert received.std() == pytest.approx(1.0, abs=0.05)
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(layer(inputs[:1]))
    np.testing.assert_allclose(tape.gradient(value, layer.offset), np.full(400, 0.01), rtol=1e-6)


def test_a_part_of_a_latent_is_brought_to_mean_square_1():
    values = normal(3, 6)
    received = RootMeanSquare(1, 5)(values).numpy()
    np.testing.assert_allclose(
        received, values[:, 1:5] / np.sqrt((values[:, 1:5] ** 2).mean(1, keepdims=True)), rtol=1e-5
    )


def test_styles_are_mixed_in_training_alone_from_any_layer_on():
    first, second = np.zeros((4000, 2), np.float32), np.ones((4000, 2), np.float32)
    layer = StyleMixing(4, 0.8, seed=1)
    assert layer(first, second).numpy().max() == 0
    mixed = layer(first, second, training=True).numpy()
    np.testing.assert_array_equal(mixed[..., 0], mixed[..., 1])
    assert (np.diff(mixed[..., 0], axis=1) >= 0).all()
    # From layer 1, 2 or 3 on in 0.8 / 3 of the examples each; the deviation of such a share is 0.007.
    shares = [(mixed[:, :, 0].sum(axis=1) == count).mean() for count in range(5)]
    np.testing.assert_allclose(shares, [0.2, 0.8 / 3, 0.8 / 3, 0.8 / 3, 0.0], atol=0.03)
    assert not np.array_equal(layer(first, second, training=True).numpy(), mixed)


def test_another_latent_has_the_same_class():
    latents = normal(500, 5)
    layer = AnotherLatent(3, seed=1)
    np.testing.assert_array_equal(layer(latents), latents)
    drawn = layer(latents, training=True).numpy()
    np.testing.assert_array_equal(drawn[:, 3:], latents[:, 3:])
    assert not np.isclose(drawn[:, :3], latents[:, :3]).all(axis=1).any()
    assert drawn[:, :3].std() == pytest.approx(1.0, abs=0.06)


def test_noise_begins_as_nothing_and_is_one_map_outside_of_training():
    features = normal(3, 4, 4, 2)
    layer = FeatureNoise(seed=1)
    np.testing.assert_array_equal(layer(features, training=True), features)
    layer.strength.assign(2.0)
    fixed = layer(features).numpy() - features
    np.testing.assert_allclose(fixed, np.broadcast_to(2.0 * layer.fixed.numpy(), features.shape), atol=1e-6)
    fresh = layer(features, training=True).numpy() - features
    np.testing.assert_allclose(fresh[..., 0], fresh[..., 1], atol=1e-6)
    assert not np.allclose(fresh[0], fresh[1])


def test_a_canvas_of_channels_is_the_same_for_all_and_a_bias_is_added():
    canvas = LearnedCanvas(2, 3, 4)
    received = canvas(normal(5, 7, 2)).numpy()
    np.testing.assert_array_equal(received, np.broadcast_to(canvas.canvas.numpy(), (5, 2, 3, 4)))
    layer = ChannelBias()
    layer(received)
    layer.bias.assign([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_allclose(layer(received), received + np.arange(1.0, 5.0), atol=1e-6)


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (12, 24, 3)])
def test_every_role_has_its_shape(shape):
    assert stylegan.generator(5, shape, filters=2, style_dim=4).output_shape == (None, *shape)
    assert stylegan.discriminator(shape, filters=2).output_shape == (None, 1)


def test_a_latent_counts_by_its_direction_and_the_class_by_its_code():
    generator = stylegan.generator(5, (8, 8, 1), filters=2, style_dim=4, classes=2)
    latents = np.concatenate([normal(1, 3), [[1.0, 0.0]]], axis=1).astype(np.float32)
    longer = latents * np.array([4.0, 4.0, 4.0, 1.0, 1.0], np.float32)
    other = latents[:, [0, 1, 2, 4, 3]]
    pictures = [generator(each).numpy() for each in (latents, longer, other)]
    np.testing.assert_allclose(pictures[0], pictures[1], atol=1e-5)
    assert np.abs(pictures[0] - pictures[2]).max() > 1e-3


def test_the_first_layers_of_its_discriminator_can_be_frozen():
    """FreezeD, Mo et al. 2020: those of full resolution, the first one and the two of the first block."""
    critic = {"name": "stylegan", "filters": 2}
    model = keras_gen.GAN((8, 8, 1), 3, generator={"name": "mlp", "units": [4]}, discriminator=critic)
    before = len(model.discriminator.trainable_weights)
    model.freeze("discriminator/conv2d", "discriminator/conv2d_1", "discriminator/conv2d_2")
    convolutions = [layer for layer in model.discriminator.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.trainable for layer in convolutions[:4]] == [False, False, False, True]
    assert len(model.discriminator.trainable_weights) == before - 6  # a kernel and a bias each


def test_it_is_told_the_class_by_a_conditional_model():
    styled = {"name": "stylegan", "filters": 2, "style_dim": 4}
    critic = {"name": "stylegan", "filters": 2}
    model = keras_gen.ConditionalGAN((8, 8, 1), ("a", "b"), 3, generator=styled, discriminator=critic)
    another = next(layer for layer in model.generator.layers if isinstance(layer, AnotherLatent))
    assert another.size == 3
    again = keras.models.clone_model(model)
    assert [w.shape for w in again.weights] == [w.shape for w in model.weights]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mixing": 1.5}, "`mixing` must be from 0 to 1. Received: 1.5."),
        ({"style_dim": 0}, "`style_dim` must be at least 1. Received: 0"),
    ],
)
def test_options_that_cannot_be_are_named(options, message):
    with pytest.raises(InputError) as error:
        build_network(
            "generator", {"name": "stylegan", **options}, (3,), (8, 8, 1), latent_dim=3, image_shape=(8, 8, 1)
        )
    assert message in str(error.value)
