"""How much the structure of pictures differs, seen at several sizes."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from keras_gen.losses.reconstruction import RANGE

WINDOW, DEVIATION = 11, 1.5
LUMINANCE, CONTRAST = 0.01, 0.03
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
# Below this a power of a similarity, which may be negative, has no gradient that is of use.
LEAST = 1e-4


def ms_ssim_error(images: tf.Tensor, reconstructions: tf.Tensor) -> tf.Tensor:
    """1 minus the multi-scale structural similarity.

    A window of 11x11 pixels with Gaussian weights of deviation 1.5 sees the picture at up to five sizes, each half of
    the one before, as many as are at least 11 pixels wide; the published exponents of these are brought to a sum of 1.
    Channels are averaged.

    Args:
        images: (batch, height, width, channels) in [-1, 1], sides at least 11.
        reconstructions: same shape, any real value.

    Returns:
        (batch,), 0 for equal pictures, at most 1.

    Source: Wang et al. 2003, "Multi-Scale Structural Similarity for Image Quality Assessment", equation 7; as a loss:
    Snell et al. 2017, "Learning to Generate Images with Perceptual Similarity Metrics".
    """
    height, width, _ = images.shape[1:]
    count = sum(min(height, width) >> scale >= WINDOW for scale in range(len(WEIGHTS)))
    weights = np.array(WEIGHTS[:count]) / sum(WEIGHTS[:count])
    logarithm = tf.constant(0.0)
    for scale, weight in enumerate(weights):
        if scale:
            images, reconstructions = (tf.nn.avg_pool2d(part, 2, 2, "VALID") for part in (images, reconstructions))
        luminance, structure = _similarities(images, reconstructions)
        similarity = luminance * structure if scale == count - 1 else structure
        logarithm += weight * tf.math.log(tf.maximum(tf.reduce_mean(similarity, axis=(1, 2, 3)), LEAST))
    return 1.0 - tf.exp(logarithm)


def ms_ssim_energy(images: tf.Tensor, decoded: tf.Tensor, scale: tf.Tensor | float) -> tf.Tensor:
    """`values * (1 - ms_ssim) / (2 scale^2)`, in the place of a Gaussian's squared errors and without its constant.

    Args:
        images: (batch, height, width, channels) in [-1, 1], sides at least 11.
        decoded: same shape, any real value.
        scale: above 0; smaller counts more.

    Returns:
        (batch,), at least 0, for a picture of `values` numbers.

    Source: Snell et al. 2017, "Learning to Generate Images with Perceptual Similarity Metrics", with a weight of
    our own.
    """
    values = float(np.prod(images.shape[1:]))
    return values * ms_ssim_error(images, decoded) / (2.0 * tf.square(scale))


def _similarities(x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Of luminance, and of contrast and structure, of every window inside the pictures."""
    c1, c2 = ((constant * RANGE) ** 2 for constant in (LUMINANCE, CONTRAST))
    mean_x, mean_y = _smooth(x), _smooth(y)
    variances = _smooth(x * x) - mean_x**2 + _smooth(y * y) - mean_y**2
    covariance = _smooth(x * y) - mean_x * mean_y
    luminance = (2.0 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return luminance, (2.0 * covariance + c2) / (variances + c2)


def _smooth(values: tf.Tensor) -> tf.Tensor:
    offsets = np.arange(WINDOW) - WINDOW // 2
    kernel = np.exp(-0.5 * (offsets / DEVIATION) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    for shape in ((WINDOW, 1), (1, WINDOW)):
        filters = tf.tile(tf.reshape(kernel, (*shape, 1, 1)), (1, 1, values.shape[-1], 1))
        values = tf.nn.depthwise_conv2d(values, filters, (1, 1, 1, 1), "VALID")
    return values
