"""Structural similarity of two images."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from serving.common.errors import InputError
from serving.latents.distortion import RANGE, check_same_shape, psnr

__all__ = ["psnr", "ssim"]

SSIM_SIGMA = 1.5
SSIM_RADIUS = 5
SSIM_CONSTANTS = (0.01, 0.03)


def ssim(images: np.ndarray, references: np.ndarray) -> np.ndarray:
    """Structural similarity with a Gaussian window of deviation 1.5 over 11x11 pixels, channels averaged.

    Args:
        images: (n, height, width, channels) in [-1, 1], sides at least 11.
        references: same shape.

    Returns:
        (n,), at most 1 for equal images. The mean over all windows that lie inside the image.

    Raises:
        InputError: the shapes differ, or a side below 11.

    Source: Wang et al. 2004, "Image Quality Assessment: From Error Visibility to Structural Similarity",
    equations 12 to 16.
    """
    check_same_shape(images, references)
    window = 2 * SSIM_RADIUS + 1
    if min(images.shape[1:3]) < window:
        raise InputError(f"pictures must have sides of at least {window} for SSIM. Received: {images.shape[1:3]}.")

    def smooth(values: np.ndarray) -> np.ndarray:
        smoothed = gaussian_filter(values, (0, SSIM_SIGMA, SSIM_SIGMA, 0), radius=(0, SSIM_RADIUS, SSIM_RADIUS, 0))
        return smoothed[:, SSIM_RADIUS:-SSIM_RADIUS, SSIM_RADIUS:-SSIM_RADIUS]

    x, y = images.astype(np.float64), references.astype(np.float64)
    c1, c2 = ((constant * RANGE) ** 2 for constant in SSIM_CONSTANTS)
    mean_x, mean_y = smooth(x), smooth(y)
    variances = smooth(x * x) - mean_x**2 + smooth(y * y) - mean_y**2
    covariance = smooth(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return (luminance * (2 * covariance + c2) / (variances + c2)).mean(axis=(1, 2, 3))
