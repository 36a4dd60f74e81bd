"""How strong the frequencies of pictures are, over all directions: upsampling in a generator leaves traces there."""

from __future__ import annotations

import numpy as np

from serving.common.errors import InputError

DECIBELS = 10.0
# Below the quantization noise of pictures of 256 levels in [-1, 1], so that an empty frequency has a finite level.
SMALLEST_POWER = (2 / 255) ** 2 / 12
BLOCK = 500


def radial_spectrum(images: np.ndarray) -> np.ndarray:
    """Mean power of each spatial frequency, over pictures, channels and directions.

    Args:
        images: (n, height, width, channels) in [-1, 1], sides of at least 2.

    Returns:
        (min(height, width) // 2 + 1,) float64 in dB, from the mean level to the highest frequency of both axes. The
        power of white noise of variance v is v at every frequency but the first.

    Raises:
        InputError: smaller pictures, none, or values that are not finite.

    Source: Durall et al. 2020, "Watch your Up-Convolution: CNN Based Generative Deep Neural Networks are Failing to
    Reproduce Spectral Distributions", section 2.1.
    """
    if images.ndim != 4 or 0 in images.shape or min(images.shape[1:3]) < 2:
        raise InputError(f"pictures must be (n, height, width, channels), sides from 2 on. Received: {images.shape}.")
    if not np.isfinite(images).all():
        raise InputError("pictures must be finite. Received: nan or inf.")
    height, width = images.shape[1:3]
    blocks = (images[start : start + BLOCK] for start in range(0, len(images), BLOCK))
    total = sum(_power(block).sum(axis=0) for block in blocks)
    power = total / (len(images) * images.shape[3] * height * width)
    rings = _rings(height, width)
    seen = rings <= min(height, width) // 2
    mean = np.bincount(rings[seen], power[seen]) / np.bincount(rings[seen])
    return DECIBELS * np.log10(np.maximum(mean, SMALLEST_POWER))


def spectrum_distance(images: np.ndarray, others: np.ndarray) -> float:
    """Mean absolute difference in dB of two radial spectra, without the mean level.

    Args:
        images: (n, height, width, channels) in [-1, 1].
        others: (m, height, width, channels), of the same shape.

    Raises:
        InputError: as `radial_spectrum`, or pictures of two shapes.
    """
    if images.shape[1:] != others.shape[1:]:
        raise InputError(f"pictures must be of one shape. Received: {images.shape} and {others.shape}.")
    return float(np.abs(radial_spectrum(images) - radial_spectrum(others))[1:].mean())


def _power(images: np.ndarray) -> np.ndarray:
    """(n, height, width) squared magnitudes, summed over the channels."""
    return np.square(np.abs(np.fft.fft2(images.astype(np.float64), axes=(1, 2)))).sum(axis=3)


def _rings(height: int, width: int) -> np.ndarray:
    """(height, width) the frequency of each entry, rounded to whole periods per shorter side."""
    shorter = min(height, width)
    down, across = np.fft.fftfreq(height) * shorter, np.fft.fftfreq(width) * shorter
    return np.rint(np.hypot(down[:, None], across[None])).astype(int)
