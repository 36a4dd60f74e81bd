from __future__ import annotations

import numpy as np
import pytest

from keras_gen.data import open_source
from keras_gen.data.sources.measured import MEASURES, measure
from keras_gen.layers import CORRUPTIONS, PixelCorruption
from serving import InputError


def test_every_corruption_is_measured_as_the_layer_corrupts():
    assert set(MEASURES) == set(CORRUPTIONS)
    random = np.random.default_rng(0)
    images = random.uniform(-1, 1, (6, 9, 7, 3)).astype(np.float32)
    for kind in MEASURES:
        layer = PixelCorruption(kind, 0.4)
        noise = (random.uniform if layer.uniform else random.standard_normal)(size=images.shape).astype(np.float32)
        np.testing.assert_allclose(measure(images, noise, kind, 0.4), layer(images, noise), rtol=0, atol=1e-6)


def test_each_picture_is_corrupted_once_and_keeps_its_label():
    plain, measured, again = (open_source(name) for name in ("digits", *["measured:blocked,0.3:digits"] * 2))
    np.testing.assert_array_equal(measured.examples.images, again.examples.images)
    np.testing.assert_array_equal(measured.examples.labels, plain.examples.labels)
    before, after = plain.examples.images, measured.examples.images
    assert after.dtype == before.dtype
    hidden = after != before
    assert not after[hidden].any()
    share = hidden[before > 0].mean()
    assert abs(share - 0.3) < 5 * np.sqrt(0.3 * 0.7 / (before > 0).sum())
    assert len(np.unique(hidden.reshape(len(hidden), -1), axis=0)) > 0.99 * len(hidden)


def test_both_splits_together_are_corrupted_as_each_alone():
    name = "measured:kept_patch,0.5:digits"
    parts = [open_source(name, split=split).examples.images for split in ("train", "test")]
    np.testing.assert_array_equal(open_source(name, split="all").examples.images, np.concatenate(parts))


def test_noise_is_clipped_to_black_and_white(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.full((2000, 4, 4, 1), -1.0, np.float32))
    images = open_source(f"measured:gaussian,0.5:npz:{tmp_path / 'a.npz'}", split="train").examples.images
    assert images.dtype == np.float32
    assert images.min() == -1
    # Half of the noise is below 0; the mean of what is above is that of a half-normal distribution, halved.
    assert abs((images == -1).mean() - 0.5) < 5 * 0.5 / np.sqrt(images.size)
    assert abs((images + 1).mean() - 0.5 / np.sqrt(2 * np.pi)) < 5 * 0.5 / np.sqrt(images.size)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("measured:bloked,0.5:digits", "kept_patch. Received: 'bloked'. Did you mean 'blocked'?"),
        ("measured:blocked:digits", "from 0 to 1, as in measured:blocked,0.5:SOURCE. Received: ''."),
        ("measured:blocked,2:digits", "an amount from 0 to 1, as in measured:blocked,0.5:SOURCE. Received: '2'."),
        ("measured:gaussian,-1:digits", "an amount at least 0, as in measured:gaussian,0.5:SOURCE. Received: '-1'."),
        ("measured:digits", "the data source must be measured:KIND,AMOUNT:SOURCE. Received: nothing after 'digits'."),
    ],
)
def test_what_cannot_be_measured_is_named(name, message):
    with pytest.raises(InputError) as error:
        open_source(name)
    assert message in str(error.value)
