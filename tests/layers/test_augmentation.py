from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers import DifferentiableAugmentation
from serving import InputError


def random_pictures(n=64, shape=(16, 8, 3), seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (n, *shape)).astype(np.float32)


def augmented(kinds, images, noise):
    return DifferentiableAugmentation(kinds)(images, np.asarray(noise, np.float32)).numpy()


def uniform(n, size, seed=1):
    return np.random.default_rng(seed).uniform(size=(n, size)).astype(np.float32)


def test_middling_noise_leaves_colours_alone():
    images = random_pictures()
    np.testing.assert_allclose(augmented(["color"], images, np.full((64, 3), 0.5)), images, atol=1e-6)


@pytest.mark.parametrize("place", [0, 1, 2], ids=["brightness", "saturation", "contrast"])
def test_each_number_of_color_changes_one_thing(place):
    images = random_pictures(3)
    noise = np.full((3, 3), 0.5)
    noise[:, place] = [0.0, 0.25, 0.75]
    change = noise[:, place, None, None, None]
    grey = images.mean(axis=3, keepdims=True)
    mean = images.mean(axis=(1, 2, 3), keepdims=True)
    expected = (
        images + change - 0.5,
        grey + 2 * change * (images - grey),
        mean + (0.5 + change) * (images - mean),
    )[place]
    np.testing.assert_allclose(augmented(["color"], images, noise), expected, atol=1e-6)


def test_grey_pictures_have_no_saturation():
    images = random_pictures(shape=(8, 8, 1))
    noise = np.full((64, 3), 0.5)
    noise[:, 1] = 0.0
    np.testing.assert_allclose(augmented(["color"], images, noise), images, atol=1e-6)


def moved(image, down, right):
    """A picture moved over zeros, by slices."""
    height, width, _ = image.shape
    canvas = np.zeros((3 * height, 3 * width, image.shape[2]), image.dtype)
    canvas[height + down : 2 * height + down, width + right : 2 * width + right] = image
    return canvas[height : 2 * height, width : 2 * width]


def test_translations_reach_an_eighth_of_each_side_and_are_equally_likely():
    # Sides of 16 and 8 move by -2 to 2 and by -1 to 1: 15 translations, each in the middle of its piece of noise.
    images = random_pictures(15)
    down, right = np.divmod(np.arange(15), 3)
    noise = np.stack([(down + 0.5) / 5, (right + 0.5) / 3], axis=1)
    expected = [moved(*case) for case in zip(images, down - 2, right - 1, strict=True)]
    np.testing.assert_array_equal(augmented(["translation"], images, noise), expected)
    ends = augmented(["translation"], images[:2], [[0.0, 0.0], [1 - 2**-24, 1 - 2**-24]])
    np.testing.assert_array_equal(ends, [moved(images[0], -2, -1), moved(images[1], 2, 1)])


def test_cutout_is_a_hole_of_half_of_each_side_around_any_place():
    # Centres run from 0 to the side itself, as in the authors' code for holes of even length.
    rows, columns = np.divmod(np.arange(17 * 9), 9)
    noise = np.stack([(rows + 0.5) / 17, (columns + 0.5) / 9], axis=1)
    images = np.ones((len(noise), 16, 8, 3), np.float32)
    expected = images.copy()
    for picture, row, column in zip(expected, rows, columns, strict=True):
        picture[max(0, row - 4) : row + 4, max(0, column - 2) : column + 2] = 0
    np.testing.assert_array_equal(augmented(["cutout"], images, noise), expected)


def test_a_hole_of_odd_length_is_centred():
    received = augmented(["cutout"], np.ones((1, 5, 5, 1), np.float32), [[0.5, 0.5]])[0, :, :, 0]
    expected = np.ones((5, 5))
    expected[1:4, 1:4] = 0
    np.testing.assert_array_equal(received, expected)


def test_kinds_follow_each_other_and_share_the_noise_out():
    images, noise = random_pictures(), uniform(64, 7)
    layer = DifferentiableAugmentation(["color", "translation", "cutout"])
    assert layer.noise_size == 7
    step = augmented(["color"], images, noise[:, :3])
    step = augmented(["translation"], step, noise[:, 3:5])
    np.testing.assert_allclose(layer(images, noise), augmented(["cutout"], step, noise[:, 5:]), atol=1e-6)


def test_no_kinds_change_nothing():
    layer = DifferentiableAugmentation([])
    assert layer.noise_size == 0
    images = random_pictures()
    np.testing.assert_array_equal(layer(images, uniform(64, 0)), images)


def test_gradients_of_gradients_reach_the_pictures():
    """`f = sum (A x)^2 / 2` has the gradient `A'A x`; that of `|f'|^2 / 2` is `A'A A'A x`, both by finite matrices."""
    layer = DifferentiableAugmentation(["color", "translation", "cutout"])
    images, noise = tf.constant(random_pictures(1, (4, 4, 3))), tf.constant(uniform(1, 7))
    flat = np.eye(48, dtype=np.float32).reshape(48, 4, 4, 3)
    repeated = np.repeat(noise, 48, axis=0)
    offset = layer(np.zeros((1, 4, 4, 3), np.float32), noise).numpy().reshape(48)
    matrix = layer(flat, repeated).numpy().reshape(48, 48) - offset
    at_x = images.numpy().reshape(48) @ matrix + offset

    @tf.function
    def gradients(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                value = tf.reduce_sum(tf.square(layer(x, noise))) / 2
            first = inner.gradient(value, x)
            size = tf.reduce_sum(tf.square(first)) / 2
        return first, outer.gradient(size, x)

    first, second = (gradient.numpy().reshape(48) for gradient in gradients(images))
    np.testing.assert_allclose(first, matrix @ at_x, atol=1e-4)
    np.testing.assert_allclose(second, matrix @ (matrix.T @ (matrix @ at_x)), atol=1e-4)


def test_shapes_stay_static_and_the_config_is_kept():
    layer = DifferentiableAugmentation(["translation", "color"])
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert again.kinds == ("translation", "color")
    spec = tf.function(lambda images, noise: again(images, noise)).get_concrete_function(
        tf.TensorSpec((None, 16, 8, 3)), tf.TensorSpec((None, 5))
    )
    assert spec.structured_outputs.shape.as_list() == [None, 16, 8, 3]


def test_an_unknown_kind_is_named():
    with pytest.raises(InputError, match=r"`augmentation` must be .*Received: 'colour'.*Did you mean 'color'"):
        DifferentiableAugmentation(["colour"])


def test_half_of_the_noise_mirrors():
    images = random_pictures(2)
    received = augmented(["mirror"], images, [[0.4], [0.6]])
    np.testing.assert_array_equal(received, [images[0][:, ::-1], images[1]])


def test_geometry_turns_and_stretches_about_the_centre():
    images = random_pictures(3, (9, 9, 2))
    # In the middle of its range a number of the last two changes nothing; a quarter turn is exact.
    received = augmented(["geometry"], images, [[0.0, 0.5, 0.5], [0.25, 0.5, 0.5], [0.5, 0.5, 0.5]])
    np.testing.assert_allclose(received[0], images[0], atol=1e-5)
    np.testing.assert_allclose(received[1], np.rot90(images[1], -1), atol=1e-5)
    np.testing.assert_allclose(received[2], np.rot90(images[2], 2), atol=1e-5)
    # One standard deviation is a factor of 2^0.2: a line y becomes y / 2^0.2.
    line = np.tile(np.linspace(-1, 1, 9, dtype=np.float32)[:, None, None], (1, 1, 9, 1))
    enlarged = augmented(["geometry"], line, [[0.0, 0.8413447, 0.5]])
    np.testing.assert_allclose(enlarged, line / 2**0.2, atol=1e-5)


def test_affine_turns_shears_stretches_and_moves_a_little():
    # Pixels of a plane a + b y + c x say where they come from; the edge goes on outside.
    down, right = np.meshgrid(np.arange(9) - 4.0, np.arange(9) - 4.0, indexing="ij")
    still = [0.5] * 6
    turned = [1.0, *still[1:]]
    sheared = [0.5, 1.0, *still[2:]]
    stretched = [*still[:2], 1.0, 0.0, *still[4:]]
    moved = [*still[:4], 1.0, 0.0]
    angle, factor = np.pi / 12, np.exp(0.2)
    expected = [
        (down, right),
        (np.cos(angle) * down - np.sin(angle) * right, np.sin(angle) * down + np.cos(angle) * right),
        (down, right + 0.3 * down),
        (factor * down, right / factor),
        (down + 9 / 16, right - 9 / 16),
    ]
    planes = np.stack([down, right], axis=-1).astype(np.float32)[None].repeat(len(expected), axis=0)
    received = augmented(["affine"], planes, [still, turned, sheared, stretched, moved])
    np.testing.assert_allclose(received, [np.stack(np.clip(pair, -4, 4), axis=-1) for pair in expected], atol=1e-5)


def test_only_the_chosen_kinds_change_a_picture():
    images, noise = random_pictures(2), np.array([[0.4, 0.1, 0.9], [0.4, 0.1, 0.9]], np.float32)
    layer = DifferentiableAugmentation(["mirror", "translation"])
    received = layer(images, noise, np.array([[True, False], [False, True]])).numpy()
    np.testing.assert_array_equal(received[0], images[0][:, ::-1])
    np.testing.assert_array_equal(received[1], augmented(["translation"], images[1:], noise[1:, 1:])[0])
