from __future__ import annotations

import numpy as np
import pytest

from keras_gen.data import open_source
from keras_gen.data.sources.edges import outlines
from serving import InputError


@pytest.mark.parametrize("split", ["train", "test", "all"])
def test_pictures_are_of_one_style_after_the_other(split):
    source, grey = (open_source(name, split=split) for name in ("styles:digits", "digits"))
    assert source.classes == ("plain", "inverted", "outlined", "textured")
    if split != "all":
        np.testing.assert_array_equal(source.examples.labels, np.arange(len(grey)) % 4)
    styles, images = source.examples.labels, source.examples.images
    figures = grey.examples.images.repeat(3, axis=3)
    np.testing.assert_array_equal(images[styles == 0], figures[styles == 0])
    np.testing.assert_array_equal(images[styles == 1], 255 - figures[styles == 1])
    np.testing.assert_array_equal(images[styles == 2], outlines(figures[styles == 2]))
    of_texture, ink = images[styles == 3], figures[styles == 3] == 255
    assert of_texture[ink].mean() < 128 < of_texture[figures[styles == 3] == 0].mean()


@pytest.mark.parametrize("split", ["train", "test", "all"])
def test_the_same_pictures_have_the_labels_of_the_source_as_well(split):
    styled, restyled, grey = (open_source(name, split=split) for name in ("styles:digits", "restyled:digits", "digits"))
    np.testing.assert_array_equal(restyled.examples.images, styled.examples.images)
    np.testing.assert_array_equal(restyled.examples.labels, grey.examples.labels)
    assert restyled.classes == grey.classes


@pytest.mark.parametrize("kind", ["styles", "restyled"])
def test_what_has_no_styles_is_named(kind, tmp_path):
    with pytest.raises(InputError, match=f"{kind}:digits must have 3 channels. Received: requested 1."):
        open_source(f"{kind}:digits", channels=1)
    np.savez(tmp_path / "few.npz", x_train=np.zeros((3, 8, 8), np.uint8))
    with pytest.raises(InputError, match="must be made of 4 grey pictures or more. Received: 3 of 1 channels."):
        open_source(f"{kind}:npz:{tmp_path / 'few.npz'}")
