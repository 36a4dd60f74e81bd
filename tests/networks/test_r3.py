"""R3GAN's networks and their layers, by counting and by hand."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gen
from keras_gen.layers import GroupedConv2D, LearnedCanvas, LearnedPooling, grouped_convolution
from keras_gen.networks import build_network, r3
from serving.common.errors import InputError

RNG = np.random.default_rng(0)


def count(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (12, 24, 3)])
def test_every_role_has_its_shape(shape):
    assert r3.generator(5, shape, filters=2, blocks=1).output_shape == (None, *shape)
    assert r3.discriminator(shape, filters=2, blocks=1).output_shape == (None, 1)


def test_the_weights_are_those_of_the_paper():
    """Of 16x16 pictures: 4x4, 8x8 and 16x16 with 16, 8 and 4 channels, two blocks each of twice as many, in groups of
    4; a block of C channels has 2CC + 2C + 9 * 4 * 2C + 2C + 2CC numbers."""
    blocks = 2 * sum(4 * c * c + 4 * c + 72 * c for c in (16, 8, 4))
    transitions = 16 * 8 + 8 * 4
    generator = r3.generator(5, (16, 16, 3), filters=4, group_size=4)
    assert count(generator) == 5 * 16 + 16 * 16 + blocks + transitions + (4 * 3 + 3)
    critic = r3.discriminator((16, 16, 3), filters=4, group_size=4)
    assert count(critic) == 3 * 4 + blocks + transitions + 16 * 16 + (16 + 1)


def test_blocks_begin_as_the_identity():
    """So that with any number of them the network begins as that of its other layers alone."""
    seeds = keras.utils.set_random_seed
    latents = RNG.standard_normal((3, 5)).astype(np.float32)
    pictures = []
    for blocks in (1, 3):
        seeds(1)
        generator = r3.generator(5, (8, 8, 1), filters=4, blocks=blocks, group_size=4)
        kept = [layer for layer in generator.layers if layer.weights and len(layer.output.shape) == 2]
        kept += [layer for layer in generator.layers if isinstance(layer, LearnedCanvas)]
        kept += [layer for layer in generator.layers if type(layer) is keras.layers.Conv2D and not _inside(layer)]
        for layer in kept:
            layer.set_weights([np.random.default_rng(2).standard_normal(w.shape) / 4 for w in layer.get_weights()])
        pictures.append(generator(latents).numpy())
    np.testing.assert_allclose(pictures[0], pictures[1], atol=1e-6)
    assert pictures[0].std() > 0.01


def _inside(layer):
    """Whether a convolution is the first or the last one of a block."""
    following = {type(node.operation) for node in layer.output._keras_history.operation._outbound_nodes}
    return bool(following & {keras.layers.LeakyReLU, keras.layers.Add})


@pytest.mark.parametrize("native", [True, False])
def test_a_grouped_convolution_is_one_of_each_group(monkeypatch, native):
    if not native:
        monkeypatch.setattr(grouped_convolution, "_has_gradient", lambda dtype: False)
    images = RNG.standard_normal((2, 5, 5, 6)).astype(np.float32)
    layer = GroupedConv2D(9, 3, padding="same", groups=3)
    with tf.GradientTape() as outer:
        x = tf.constant(images)
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            received = layer(x)
            value = tf.reduce_sum(received**3)
        first = tf.reduce_sum(tape.gradient(value, x) ** 2)
    received_gradient = outer.gradient(first, layer.kernel)
    with tf.GradientTape() as outer:
        kernel = tf.convert_to_tensor(layer.kernel)
        outer.watch(kernel)
        with tf.GradientTape() as tape:
            tape.watch(x)
            # A dense kernel with zeros between the groups.
            dense = tf.concat(
                [
                    tf.pad(kernel[..., 3 * g : 3 * g + 3], [[0, 0], [0, 0], [2 * g, 4 - 2 * g], [0, 0]])
                    for g in range(3)
                ],
                axis=-1,
            )
            expected = tf.nn.conv2d(x, dense, 1, "SAME")
            value = tf.reduce_sum(expected**3)
        first = tf.reduce_sum(tape.gradient(value, x) ** 2)
    np.testing.assert_allclose(received, expected, atol=1e-5)
    np.testing.assert_allclose(received_gradient, outer.gradient(first, kernel), rtol=1e-3, atol=1e-3)


def test_whether_there_is_a_gradient_is_found_by_asking_for_it():
    assert grouped_convolution._has_gradient("float64") == bool(tf.config.list_physical_devices("GPU"))


def test_a_canvas_is_a_map_of_each_channel_times_a_number_and_a_pooling_the_reverse():
    scales = RNG.standard_normal((2, 3)).astype(np.float32)
    canvas = LearnedCanvas(4, 5)
    received = canvas(scales).numpy()
    weights = canvas.canvas.numpy()
    assert weights.shape == (4, 5, 3)
    np.testing.assert_allclose(received, np.einsum("bc,hwc->bhwc", scales, weights), rtol=1e-6)
    pooling = LearnedPooling()
    pooled = pooling(received).numpy()
    np.testing.assert_allclose(
        pooled, np.einsum("bhwc,hwc->bc", received, pooling.weights_of_places.numpy()), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"filters": 12}, "`group_size` must divide `filters` times `expansion`, 24. Received: 16."),
        ({"blocks": 0}, "`blocks` must be at least 1. Received: 0"),
    ],
)
def test_options_that_cannot_be_are_named(options, message):
    with pytest.raises(InputError) as error:
        build_network("discriminator", {"name": "r3", **options}, (8, 8, 1), (1,), image_shape=(8, 8, 1))
    assert message in str(error.value)


def test_it_is_told_the_class():
    network = {"name": "r3", "filters": 2, "blocks": 1}
    model = keras_gen.ConditionalGAN(
        (8, 8, 1), ("a", "b"), 3, generator=network, discriminator=network, penalties="r1:1"
    )
    model.compile()
    model.run_eagerly = True
    model.fit(np.zeros((4, 8, 8, 1), np.float32), np.arange(4) % 2, batch_size=4, verbose=0)
    assert model.sample(2).shape == (2, 8, 8, 1)
