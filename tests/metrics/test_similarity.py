from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from keras_gen.metrics import psnr, ssim
from serving import InputError


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    x = np.clip(rng.normal(0, 0.4, (4, 16, 20, 3)), -1, 1).astype(np.float32)
    return x, np.clip(x + rng.normal(0, 0.2, x.shape), -1, 1).astype(np.float32)


def test_psnr_of_a_constant_error_has_a_closed_form():
    """An error of 0.2 in a range of 2 is 20 dB below the peak."""
    x = np.zeros((2, 8, 8, 1))
    np.testing.assert_allclose(psnr(x, x + 0.2), [20.0, 20.0])
    assert np.isinf(psnr(x, x)).all()


def test_ssim_is_tensorflows(pair):
    np.testing.assert_allclose(ssim(*pair), tf.image.ssim(*pair, max_val=2.0), atol=2e-5)


def test_ssim_of_equal_pictures_is_one(pair):
    np.testing.assert_allclose(ssim(pair[0], pair[0]), 1.0)


@pytest.mark.parametrize("metric", [psnr, ssim])
def test_different_shapes_are_refused(metric, pair):
    with pytest.raises(InputError, match=r"Received: \(4, 16, 20, 3\) and \(3, 16, 20, 3\)"):
        metric(pair[0], pair[1][:3])


def test_ssim_needs_room_for_its_window(pair):
    with pytest.raises(InputError, match="at least 11"):
        ssim(pair[0][:, :10], pair[1][:, :10])
