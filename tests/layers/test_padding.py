from __future__ import annotations

import keras
import numpy as np
import pytest

from keras_gen.layers import ReflectionPadding


@pytest.mark.parametrize("width", [1, 3])
def test_it_mirrors_without_the_border(width):
    images = np.arange(2 * 4 * 5 * 3, dtype=np.float32).reshape(2, 4, 5, 3)
    around = (width, width)
    expected = np.pad(images, ((0, 0), around, around, (0, 0)), "reflect")
    np.testing.assert_array_equal(ReflectionPadding(width)(images), expected)


def test_shapes_are_known_as_far_as_the_pictures_are():
    assert ReflectionPadding(2)(keras.Input((4, 5, 3))).shape == (None, 8, 9, 3)
    assert ReflectionPadding(2)(keras.Input((None, 5, 3))).shape == (None, None, 9, 3)


def test_it_is_saved_within_a_model(tmp_path):
    model = keras.Sequential([keras.Input((None, None, 1)), ReflectionPadding(3)])
    model.save(tmp_path / "m.keras")
    images = np.random.default_rng(0).normal(size=(1, 5, 4, 1)).astype(np.float32)
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "m.keras")(images), model(images))
