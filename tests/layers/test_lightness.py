from __future__ import annotations

import keras
import numpy as np
import pytest

from keras_gen.data.sources.colour import LUMINANCE, grey_of_same_lightness, linear
from keras_gen.layers import SameLightness, SubPixel

# L*, a* and b* of sRGB's primaries and of a grey, from their XYZ by the equations of CIE 15.
KNOWN = {
    (255, 0, 0): (53.24, 80.09, 67.20),
    (0, 255, 0): (87.73, -86.18, 83.18),
    (0, 0, 255): (32.30, 79.19, -107.86),
    (128, 128, 128): (53.59, 0.0, 0.0),
}


def lab(rgb):
    """CIE L*a*b* of sRGB in [0, 1], by the standards' own equations in float64."""
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratio = linear(np.asarray(rgb, float)) @ matrix.T / (0.9505, 1.0, 1.089)
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


@pytest.mark.parametrize("colour", [colour for colour in KNOWN if colour != (0, 0, 255)])
def test_a_colour_comes_back_from_its_lightness_and_its_a_and_b(colour):
    rgb = np.array(colour, np.uint8).reshape(1, 1, 1, 3)
    np.testing.assert_allclose(lab(rgb / 255)[0, 0, 0], KNOWN[colour], atol=0.1)
    luminance = linear(rgb / 255) @ LUMINANCE
    grey = (1.055 * luminance ** (1 / 2.4) - 0.055).astype(np.float32)[..., None].repeat(3, axis=-1)
    assert np.abs(grey_of_same_lightness(rgb) / 255 - grey).max() < 0.002
    made = SameLightness()(2 * grey - 1, lab(rgb / 255)[..., 1:].astype(np.float32) / 110)
    np.testing.assert_allclose((made.numpy() + 1) * 127.5, rgb, atol=4)


def test_lightness_stays_whatever_the_colour_is():
    """Of all greys, with colours far outside of sRGB too."""
    rng = np.random.default_rng(0)
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    for _ in range(4):
        colours = rng.uniform(-1, 1, (1, 16, 16, 2)).astype(np.float32)
        made = (SameLightness()(levels.astype(np.float32) / 127.5 - 1, colours).numpy() + 1) / 2
        assert made.min() >= 0
        assert made.max() <= 1
        np.testing.assert_allclose(linear(made) @ LUMINANCE, linear(levels / 255)[..., 0], atol=2e-4)
        assert np.abs(lab(made)[..., 0] - lab(levels / 255)[..., 0]).max() < 0.2
    assert made.std(axis=-1).mean() > 0.05


def test_no_colour_is_the_grey_itself_and_gradients_are_finite():
    import tensorflow as tf

    levels = np.linspace(-1, 1, 64, dtype=np.float32).reshape(1, 8, 8, 1).repeat(3, axis=3)
    colours = tf.Variable(np.zeros((1, 8, 8, 2), np.float32))
    with tf.GradientTape() as tape:
        made = SameLightness()(levels, colours)
        loss = tf.reduce_sum(made * [1.0, -1.0, 0.5])
    np.testing.assert_allclose(made, levels, atol=2e-3)
    assert np.isfinite(tape.gradient(loss, colours)).all()


def test_pixels_are_made_of_channels():
    given = np.arange(2 * 3 * 4 * 8, dtype=np.float32).reshape(2, 3, 4, 8)
    made = SubPixel(2)(given).numpy()
    assert made.shape == (2, 6, 8, 2)
    for row in range(2):
        for column in range(2):
            part = given[..., 2 * (2 * row + column) : 2 * (2 * row + column) + 2]
            np.testing.assert_array_equal(made[:, row::2, column::2], part)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(SubPixel(4)))
    assert again.factor == 4
    assert again.compute_output_shape((None, None, 5, 32)) == (None, None, 20, 2)
