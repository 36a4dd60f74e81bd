"""Multi-scale structural similarity against NumPy and SciPy, and its gradient against differences."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy.ndimage import gaussian_filter

import keras_gen
from keras_gen.losses import ms_ssim_error
from serving import InputError

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def pictures(shape, seed=0):
    rng = np.random.default_rng(seed)
    images = gaussian_filter(rng.uniform(-1, 1, shape), (0, 1, 1, 0)) * 2
    return images.astype(np.float32), (images + 0.3 * rng.normal(size=shape)).astype(np.float32)


def expected(x, y, scales):
    """Equation 7, in double precision."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    weights = np.array(WEIGHTS[:scales]) / sum(WEIGHTS[:scales])

    def smooth(values):
        return gaussian_filter(values, (0, 1.5, 1.5, 0), radius=(0, 5, 5, 0))[:, 5:-5, 5:-5]

    total = np.ones(len(x))
    for scale, weight in enumerate(weights):
        if scale:
            x, y = ((p[:, ::2, ::2] + p[:, 1::2, ::2] + p[:, ::2, 1::2] + p[:, 1::2, 1::2]) / 4 for p in (x, y))
        mx, my = smooth(x), smooth(y)
        vx, vy, cov = smooth(x * x) - mx**2, smooth(y * y) - my**2, smooth(x * y) - mx * my
        c1, c2 = 0.02**2, 0.06**2
        similarity = (2 * cov + c2) / (vx + vy + c2)
        if scale == scales - 1:
            similarity = similarity * (2 * mx * my + c1) / (mx**2 + my**2 + c1)
        total *= similarity.mean(axis=(1, 2, 3)) ** weight
    return 1 - total


@pytest.mark.parametrize(("side", "channels", "scales"), [(12, 1, 1), (28, 3, 2), (48, 1, 3), (176, 1, 5)])
def test_it_is_equation_7_at_as_many_sizes_as_fit(side, channels, scales):
    images, others = pictures((2, side, side, channels))
    received = ms_ssim_error(tf.constant(images), tf.constant(others))
    np.testing.assert_allclose(received, expected(images, others, scales), rtol=2e-4)
    assert (expected(images, others, scales) > 0.01).all()


def test_equal_pictures_have_no_error():
    images, _ = pictures((3, 24, 24, 1))
    np.testing.assert_allclose(ms_ssim_error(tf.constant(images), tf.constant(images)), np.zeros(3), atol=1e-6)


def test_the_gradient_is_that_of_differences():
    images, others = pictures((1, 24, 24, 1))
    variable = tf.constant(others)
    with tf.GradientTape() as tape:
        tape.watch(variable)
        error = ms_ssim_error(tf.constant(images), variable)
    gradient = tape.gradient(error, variable).numpy()
    for place in [(0, 12, 12, 0), (0, 3, 17, 0), (0, 20, 8, 0)]:
        above, below = others.astype(np.float64), others.astype(np.float64)
        above[place] += 1e-4
        below[place] -= 1e-4
        slope = (expected(images, above, 2) - expected(images, below, 2)) / 2e-4
        assert gradient[place] == pytest.approx(slope[0], rel=1e-2, abs=1e-6)


SMALL = {
    "image_shape": (16, 16, 1),
    "latent_dim": 3,
    "encoder": {"name": "mlp", "units": [8]},
    "decoder": {"name": "mlp", "units": [8]},
}


@pytest.mark.parametrize("model_class", [keras_gen.Autoencoder, keras_gen.DenoisingAutoencoder])
def test_an_autoencoder_minimizes_what_it_is_told(model_class):
    images = np.clip(pictures((4, 16, 16, 1))[0], -1, 1)
    reports = {}
    for name in ("squared_error", "absolute_error", "ms_ssim"):
        model = model_class(
            **SMALL, reconstruction=name, **({"amount": 0.0} if "Denoising" in str(model_class) else {})
        )
        model.compile(optimizer="sgd")
        model.decoder.layers[-2].set_weights(
            [np.zeros_like(weight) for weight in model.decoder.layers[-2].get_weights()]
        )
        reports[name] = model.test_on_batch(images, return_dict=True)
    grey = np.zeros_like(images)
    losses = {"squared_error": (images**2).mean(), "absolute_error": np.abs(images).mean()}
    losses["ms_ssim"] = expected(images, grey, 1).mean()
    assert {name: float(report["loss"]) for name, report in reports.items()} == pytest.approx(losses, rel=1e-3)
    assert len({round(float(report["psnr"]), 3) for report in reports.values()}) == 1


def test_pictures_that_are_too_small_are_refused():
    with pytest.raises(InputError, match="pictures must have sides of at least 11 for 'ms_ssim'. Received: 8x8."):
        keras_gen.SparseAutoencoder(**{**SMALL, "image_shape": (8, 8, 1)}, reconstruction="ms_ssim")
